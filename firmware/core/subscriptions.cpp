#include "core/subscriptions.h"

namespace signalbox {

void Subscriptions::own_all() {
  for (Entry& entry : entries_) entry.owned = entry.pid != 0;
}

void Subscriptions::disown_all() {
  for (Entry& entry : entries_) entry.owned = false;
}

bool Subscriptions::add(uint8_t pid, uint32_t min_interval_ms, uint32_t max_interval_ms) {
  Entry* entry = room_for(pid);
  if (entry == nullptr) return false;
  *entry = Entry();
  entry->pid = pid;
  entry->owned = true;
  entry->min_interval_ms = min_interval_ms;
  entry->max_interval_ms = max_interval_ms;
  return true;
}

void Subscriptions::remove(uint8_t pid) {
  if (Entry* entry = find(pid)) *entry = Entry();
}

bool Subscriptions::is_owned(uint8_t pid) const {
  for (const Entry& entry : entries_) {
    if (entry.pid == pid) return entry.owned;
  }
  return false;
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

Subscriptions::Entry* Subscriptions::room_for(uint8_t pid) {
  if (Entry* entry = find(pid)) return entry;
  if (Entry* entry = find(0)) return entry;
  for (Entry& entry : entries_) {
    if (!entry.owned) return &entry;
  }
  return nullptr;
}

uint32_t Subscriptions::Entry::due_in(uint64_t now_ms) const {
  if (!ever_sampled) return 0;
  if (!changed && max_interval_ms == 0) return kIdle;
  const uint32_t interval = changed ? min_interval_ms : max_interval_ms;
  const uint64_t since = now_ms - sampled_ms;
  return since >= interval ? 0 : static_cast<uint32_t>(interval - since);
}

}  // namespace signalbox
