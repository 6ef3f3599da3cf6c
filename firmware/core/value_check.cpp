#include "core/value_check.h"

#include <string.h>

namespace signalbox {
namespace {

pb_size_t kind_of(DataType type) {
  switch (type) {
    case DataType::kBoolean:
      return signalbox_unitlink_v1_Value_boolean_tag;
    case DataType::kInteger:
      return signalbox_unitlink_v1_Value_integer_tag;
    case DataType::kNumber:
      return signalbox_unitlink_v1_Value_number_tag;
    case DataType::kString:
      return signalbox_unitlink_v1_Value_text_tag;
    case DataType::kBytes:
      return signalbox_unitlink_v1_Value_data_tag;
    case DataType::kColor:
      return signalbox_unitlink_v1_Value_color_tag;
  }
  return 0;
}

// By its bits: the chip computes with doubles in software.
bool is_finite(double value) {
  constexpr uint64_t kExponent = 0x7FF0000000000000u;  // IEEE 754 binary64
  uint64_t bits;
  static_assert(sizeof bits == sizeof value, "a double has 64 bits");
  memcpy(&bits, &value, sizeof bits);
  return (bits & kExponent) != kExponent;
}

bool in_range(const ValueSpec& spec, double value) {
  return !spec.has_range || (value >= spec.minimum && value <= spec.maximum);
}

bool is_allowed(const ValueSpec& spec, int64_t value) {
  if (spec.allowed_count == 0) return true;
  for (uint8_t i = 0; i < spec.allowed_count; ++i) {
    if (spec.allowed[i] == value) return true;
  }
  return false;
}

bool fits(const ValueSpec& spec, size_t bytes) {
  return spec.max_bytes == 0 || bytes <= spec.max_bytes;
}

bool within(const ValueSpec& spec, const Value& value) {
  switch (spec.type) {
    case DataType::kBoolean:
      return true;
    case DataType::kInteger:
      return in_range(spec, static_cast<double>(value.kind.integer)) &&
             is_allowed(spec, value.kind.integer);
    case DataType::kNumber:
      return is_finite(value.kind.number) && in_range(spec, value.kind.number);
    case DataType::kString:
      return fits(spec, strlen(value.kind.text));
    case DataType::kBytes:
      return fits(spec, value.kind.data.size);
    case DataType::kColor:
      return value.kind.color <= 0xFFFFFF;
  }
  return false;
}

}  // namespace

Status check_value(const ValueSpec& spec, const Value& value) {
  if (value.which_kind != kind_of(spec.type)) return Status::kBadRequest;
  return within(spec, value) ? Status::kOk : Status::kOutOfRange;
}

}  // namespace signalbox
