// The Arduino core as the board's shell calls it: what is called is recorded, in its
// order, and nothing happens. A board with its flash, and the memory that a restart
// leaves alone.
#pragma once

#include <stdint.h>

#include <string>
#include <vector>

namespace signalbox::test {

struct RecordedCore {
  static constexpr uint32_t kFlashBytes = 16 * 4096;
  static constexpr uint32_t kRtcWords = 128;

  void note(const std::string& call) { calls.push_back(call); }
  // Of the first call with this beginning; how many there were where there is none.
  size_t place_of(const std::string& beginning) const;

  std::vector<std::string> calls;
  std::vector<uint8_t> flash = std::vector<uint8_t>(kFlashBytes, 0xFF);
  uint32_t rtc[kRtcWords] = {};
  int rtc_writes = 0;
  uint64_t now_us = 0;
  uint32_t reset_reason = 0;  // as the SDK numbers them
  bool is_connected = false;
};

// That of this process: the shell's own variables are its, too.
RecordedCore& core();

}  // namespace signalbox::test
