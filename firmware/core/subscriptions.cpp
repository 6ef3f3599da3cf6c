#include "core/subscriptions.h"

namespace signalbox {

void Subscriptions::clear() {
  for (Entry& entry : entries_) entry = Entry();
}

bool Subscriptions::add(uint8_t pid, uint32_t min_interval_ms, uint32_t max_interval_ms) {
  Entry* entry = find(pid);
  if (entry == nullptr) entry = find(0);
  if (entry == nullptr) return false;
  *entry = Entry();
  entry->pid = pid;
  entry->min_interval_ms = min_interval_ms;
  entry->max_interval_ms = max_interval_ms;
  return true;
}

void Subscriptions::remove(uint8_t pid) {
  if (Entry* entry = find(pid)) *entry = Entry();
}

void Subscriptions::mark_changed(uint8_t pid) {
  if (Entry* entry = find(pid)) entry->changed = true;
}

uint32_t Subscriptions::due_in(uint64_t now_ms) const {
  uint32_t soonest = kIdle;
  for (const Entry& entry : entries_) {
    if (entry.pid == 0) continue;
    const uint32_t due = entry.due_in(now_ms);
    if (due < soonest) soonest = due;
  }
  return soonest;
}

Subscriptions::Entry* Subscriptions::find(uint8_t pid) {
  for (Entry& entry : entries_) {
    if (entry.pid == pid) return &entry;
  }
  return nullptr;
}

uint32_t Subscriptions::Entry::due_in(uint64_t now_ms) const {
  if (!ever_reported) return 0;
  if (!changed && max_interval_ms == 0) return kIdle;
  const uint32_t interval = changed ? min_interval_ms : max_interval_ms;
  const uint64_t since = now_ms - reported_ms;
  return since >= interval ? 0 : static_cast<uint32_t>(interval - since);
}

}  // namespace signalbox
