// The last command ids with their results (docs/unit-link.md section 6.3). Lost at a
// reboot, which the changed boot id shows.
#pragma once

#include "core/wire.h"

namespace signalbox {

class DedupeTable {
 public:
  static constexpr size_t kCommands = 8;

  // The first result of this command, or null. Id 0 is never found.
  const Result* find(uint64_t command_id) const;

  // Keeps the result, in place of the oldest one. Ignored for id 0 and for results that
  // say "not happened, try later".
  void remember(uint64_t command_id, const Result& result);

 private:
  struct Entry {
    uint64_t command_id = 0;  // 0: free
    Result result = {};
  };
  Entry entries_[kCommands];
  size_t next_ = 0;
};

}  // namespace signalbox
