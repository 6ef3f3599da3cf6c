// Which properties are sampled, and when each is due (docs/unit-link.md sections 5.5, 5.6
// and 10). A subscription outlasts the connection that it was made on; the authenticated
// peer owns those that it made itself or went on with.
#pragma once

#include "core/capability.h"

namespace signalbox {

class Subscriptions {
 public:
  static constexpr size_t kMax = 8;

  void own_all();
  void disown_all();

  // Owned by the peer; the property's present value becomes due at once. False: no room.
  // A subscription without an owner makes room.
  [[nodiscard]] bool add(uint8_t pid, uint32_t min_interval_ms, uint32_t max_interval_ms);
  void remove(uint8_t pid);
  bool is_owned(uint8_t pid) const;

  void mark_changed(uint8_t pid);

  // Milliseconds until some property is due; 0: now, kIdle: not before a change.
  uint32_t due_in(uint64_t now_ms) const;

  // Calls `visit(pid, is_first)` for each property that is due, which then counts as
  // sampled; `is_first` of its subscription.
  template <typename Visit>
  void next_due(uint64_t now_ms, Visit visit) {
    for (Entry& entry : entries_) {
      if (entry.pid == 0 || entry.due_in(now_ms) != 0) continue;
      const bool is_first = !entry.ever_sampled;
      entry.sampled_ms = now_ms;
      entry.ever_sampled = true;
      entry.changed = false;
      visit(entry.pid, is_first);
    }
  }

 private:
  struct Entry {
    uint8_t pid = 0;  // 0: free
    bool owned = false;
    bool changed = false;
    bool ever_sampled = false;
    uint32_t min_interval_ms = 0;
    uint32_t max_interval_ms = 0;  // 0: only on change
    uint64_t sampled_ms = 0;

    uint32_t due_in(uint64_t now_ms) const;
  };
  Entry* find(uint8_t pid);
  Entry* room_for(uint8_t pid);

  Entry entries_[kMax];
};

}  // namespace signalbox
