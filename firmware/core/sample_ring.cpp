#include "core/sample_ring.h"

#include <string.h>

#include "core/value.h"

namespace signalbox {

void SampleRing::push(uint8_t pid, uint64_t uptime_ms, const Value& value) {
  Sample& sample = samples_[next_seq_ % kCapacity];
  sample.uptime_low = static_cast<uint32_t>(uptime_ms);
  sample.uptime_high = static_cast<uint16_t>(uptime_ms >> 32);
  sample.pid = pid;
  sample.kind = static_cast<uint8_t>(value.which_kind);
  switch (value.which_kind) {
    case signalbox_unitlink_v1_Value_boolean_tag:
      sample.value[0] = value.kind.boolean ? 1 : 0;
      break;
    case signalbox_unitlink_v1_Value_integer_tag:
      memcpy(sample.value, &value.kind.integer, sizeof value.kind.integer);
      break;
    case signalbox_unitlink_v1_Value_number_tag:
      memcpy(sample.value, &value.kind.number, sizeof value.kind.number);
      break;
    case signalbox_unitlink_v1_Value_color_tag:
      memcpy(sample.value, &value.kind.color, sizeof value.kind.color);
      break;
    default:
      break;
  }
  ++next_seq_;
  if (size_ < kCapacity) ++size_;
}

bool SampleRing::holds(uint8_t pid, uint64_t uptime_ms) const {
  for (uint32_t seq = oldest_seq(); seq != next_seq_; ++seq) {
    if (at(seq).pid == pid && uptime_at(seq) == uptime_ms) return true;
  }
  return false;
}

uint64_t SampleRing::uptime_at(uint32_t seq) const {
  const Sample& sample = at(seq);
  return static_cast<uint64_t>(sample.uptime_high) << 32 | sample.uptime_low;
}

bool SampleRing::value_at(uint32_t seq, Value& out) const {
  const Sample& sample = at(seq);
  switch (sample.kind) {
    case signalbox_unitlink_v1_Value_boolean_tag:
      set_boolean(out, sample.value[0] != 0);
      return true;
    case signalbox_unitlink_v1_Value_integer_tag: {
      int64_t integer = 0;
      memcpy(&integer, sample.value, sizeof integer);
      set_integer(out, integer);
      return true;
    }
    case signalbox_unitlink_v1_Value_number_tag: {
      double number = 0;
      memcpy(&number, sample.value, sizeof number);
      set_number(out, number);
      return true;
    }
    case signalbox_unitlink_v1_Value_color_tag: {
      uint32_t color = 0;
      memcpy(&color, sample.value, sizeof color);
      set_color(out, color);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace signalbox
