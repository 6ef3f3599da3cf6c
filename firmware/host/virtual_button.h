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
  bool read_words(int fd, uint64_t now_ms);
  // One word; false when it is none of the three.
  bool parse_word(const std::string& word, uint64_t now_ms);

  bool is_pressed(uint64_t now_ms) override;
  uint32_t next_look_ms(uint64_t now_ms) override;

 private:
  struct Hold {
    uint64_t from_ms;
    uint64_t until_ms;
  };
  void hold(uint64_t duration_ms, uint64_t from_ms);
  void forget_past(uint64_t now_ms);

  // More than people type ahead; the rest is dropped.
  static constexpr size_t kMaxHolds = 32;
  std::deque<Hold> holds_;
  uint64_t free_at_ms_ = 0;  // when the next gesture may begin
  std::string line_;
};

}  // namespace signalbox::host
