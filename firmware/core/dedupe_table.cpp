#include "core/dedupe_table.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <string.h>

namespace signalbox {

static_assert(signalbox_unitlink_v1_Result_size <= DedupeTable::kBytes,
              "the longest result fits");

bool DedupeTable::find(uint64_t command_id, Result& out) const {
  if (command_id == 0) return false;
  size_t begin = 0;
  for (size_t i = 0; i < count_; begin += sizes_[i++]) {
    if (ids_[i] != command_id) continue;
    pb_istream_t stream = pb_istream_from_buffer(bytes_ + begin, sizes_[i]);
    return pb_decode(&stream, signalbox_unitlink_v1_Result_fields, &out);
  }
  return false;
}

void DedupeTable::remember(uint64_t command_id, const Result& result) {
  const bool try_later = result.status == signalbox_unitlink_v1_Status_STATUS_BUSY ||
                         result.status == signalbox_unitlink_v1_Status_STATUS_NO_MEMORY;
  if (command_id == 0 || try_later) return;
  size_t size = 0;
  // Neither call can fail: the message has fixed sizes and fits.
  (void)pb_get_encoded_size(&size, signalbox_unitlink_v1_Result_fields, &result);
  while (count_ == kCommands || used_ + size > kBytes) forget_oldest();
  pb_ostream_t stream = pb_ostream_from_buffer(bytes_ + used_, size);
  (void)pb_encode(&stream, signalbox_unitlink_v1_Result_fields, &result);
  ids_[count_] = command_id;
  sizes_[count_] = static_cast<uint16_t>(size);
  used_ += size;
  ++count_;
}

void DedupeTable::forget_oldest() {
  const size_t gone = sizes_[0];
  used_ -= gone;
  --count_;
  memmove(bytes_, bytes_ + gone, used_);
  memmove(ids_, ids_ + 1, count_ * sizeof ids_[0]);
  memmove(sizes_, sizes_ + 1, count_ * sizeof sizes_[0]);
}

}  // namespace signalbox
