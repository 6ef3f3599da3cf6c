// A button that is pressed by words on the standard input, one to a line: press, double,
// long.
#pragma once

#include <stdint.h>

#include <deque>
#include <string>

#include "units/button.h"

namespace signalbox::host {

class VirtualButton final : public ButtonPort {
 public:
  // Reads what has arrived. False at the end of the input.
  bool read_words(int fd);
  // One word; false when it is none of the three.
  bool parse_word(const std::string& word);

  bool is_pressed(uint64_t now_ms) override;
  uint32_t next_look_ms(uint64_t now_ms) override;

 private:
  // The contact is closed, or open, for so long.
  struct Step {
    bool is_pressed;
    uint64_t duration_ms;
  };
  void hold(uint64_t duration_ms, uint64_t open_ms);

  // More than people type ahead; the rest is dropped.
  static constexpr size_t kMaxSteps = 64;
  // The first one is under way once it was looked at: its time begins there, and it does
  // not end before it was looked at again after the debounce. A program that gets no
  // processor for a while is late with a gesture, but does not miss it.
  std::deque<Step> steps_;
  bool has_begun_ = false;
  bool has_settled_ = false;
  uint64_t began_ms_ = 0;
  std::string line_;
};

}  // namespace signalbox::host
