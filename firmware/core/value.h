// Setters for Value, so that the kind and the field cannot disagree.
#pragma once

#include <string.h>

#include "core/wire.h"

namespace signalbox {

inline void set_boolean(Value& out, bool value) {
  out.which_kind = signalbox_unitlink_v1_Value_boolean_tag;
  out.kind.boolean = value;
}

inline void set_integer(Value& out, int64_t value) {
  out.which_kind = signalbox_unitlink_v1_Value_integer_tag;
  out.kind.integer = value;
}

inline void set_number(Value& out, double value) {
  out.which_kind = signalbox_unitlink_v1_Value_number_tag;
  out.kind.number = value;
}

// 0xRRGGBB
inline void set_color(Value& out, uint32_t value) {
  out.which_kind = signalbox_unitlink_v1_Value_color_tag;
  out.kind.color = value;
}

// Copies a zero-terminated string into `into` of `capacity` bytes, cut where too long.
inline void copy_text(char* into, size_t capacity, const char* text) {
  size_t length = 0;
  while (length < capacity - 1 && text[length] != '\0') ++length;
  memcpy(into, text, length);
  into[length] = '\0';
}

inline void set_text(Value& out, const char* text) {
  out.which_kind = signalbox_unitlink_v1_Value_text_tag;
  copy_text(out.kind.text, sizeof out.kind.text, text);
}

constexpr size_t kMaxDataBytes = sizeof(Value{}.kind.data.bytes);

// The caller keeps `size` within kMaxDataBytes.
inline void set_data(Value& out, const uint8_t* data, size_t size) {
  out.which_kind = signalbox_unitlink_v1_Value_data_tag;
  out.kind.data.size = static_cast<pb_size_t>(size);
  memcpy(out.kind.data.bytes, data, size);
}

}  // namespace signalbox
