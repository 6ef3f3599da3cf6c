// Which properties the authenticated peer wants reported, and when each is due
// (docs/unit-link.md sections 5.5 and 5.6).
#pragma once

#include "core/capability.h"

namespace signalbox {

class Subscriptions {
 public:
  static constexpr size_t kMost = 8;

  void clear();

  // The property's present value becomes due at once. False: no room.
  [[nodiscard]] bool add(uint8_t pid, uint32_t min_interval_ms, uint32_t max_interval_ms);
  void remove(uint8_t pid);

  void mark_changed(uint8_t pid);

  // Milliseconds until some property is due; 0: now, kIdle: not before a change.
  uint32_t due_in(uint64_t now_ms) const;

  // Calls `take(pid)` for each property that is due, at most `most` of them; where it
  // returns true the property counts as reported at `now_ms`.
  template <typename Take>
  void take_due(uint64_t now_ms, size_t most, Take take) {
    for (Entry& entry : entries_) {
      if (most == 0) return;
      if (entry.pid == 0 || entry.due_in(now_ms) != 0) continue;
      if (!take(entry.pid)) continue;
      entry.reported_ms = now_ms;
      entry.ever_reported = true;
      entry.changed = false;
      --most;
    }
  }

 private:
  struct Entry {
    uint8_t pid = 0;  // 0: free
    bool changed = false;
    bool ever_reported = false;
    uint32_t min_interval_ms = 0;
    uint32_t max_interval_ms = 0;  // 0: only on change
    uint64_t reported_ms = 0;

    uint32_t due_in(uint64_t now_ms) const;
  };
  Entry* find(uint8_t pid);

  Entry entries_[kMost];
};

}  // namespace signalbox
