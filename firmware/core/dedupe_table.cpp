#include "core/dedupe_table.h"

namespace signalbox {

const Result* DedupeTable::find(uint64_t command_id) const {
  if (command_id == 0) return nullptr;
  for (const Entry& entry : entries_) {
    if (entry.command_id == command_id) return &entry.result;
  }
  return nullptr;
}

void DedupeTable::remember(uint64_t command_id, const Result& result) {
  const bool try_later = result.status == signalbox_unitlink_v1_Status_STATUS_BUSY ||
                         result.status == signalbox_unitlink_v1_Status_STATUS_NO_MEMORY;
  if (command_id == 0 || try_later) return;
  entries_[next_].command_id = command_id;
  entries_[next_].result = result;
  next_ = (next_ + 1) % kCommands;
}

}  // namespace signalbox
