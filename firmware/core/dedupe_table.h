// The last command ids with their results (docs/unit-link.md section 6.3). Lost at a
// reboot, which the changed boot id shows.
#pragma once

#include "core/wire.h"

namespace signalbox {

class DedupeTable {
 public:
  static constexpr size_t kCommands = 8;
  // Results are stored as encoded, since most are a few bytes. Eight of the longest that
  // a stock unit returns fit; a unit with longer results stores fewer of them.
  static constexpr size_t kBytes = 512;

  // Copies the first result of this command. False if it is not known; id 0 never is.
  [[nodiscard]] bool find(uint64_t command_id, Result& out) const;

  // Stores the result, replacing the oldest ones. Ignored for id 0 and for results that
  // say "not executed, try later".
  void remember(uint64_t command_id, const Result& result);

 private:
  void forget_oldest();

  // From the oldest on, their bytes one after the other.
  uint64_t ids_[kCommands] = {};
  uint16_t sizes_[kCommands] = {};
  size_t count_ = 0;
  size_t used_ = 0;
  uint8_t bytes_[kBytes] = {};
};

}  // namespace signalbox
