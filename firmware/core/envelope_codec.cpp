#include "core/envelope_codec.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include "core/utf8.h"

namespace signalbox {
namespace {

// Envelope numbers 2 to 15 are messages of this version; the highest one bounds them.
constexpr uint32_t kLastKnownField = signalbox_unitlink_v1_Envelope_goodbye_tag;

// Distinguishes an envelope of a later version from one without any message: the former
// has a length-delimited field of an unknown number.
bool holds_unknown_message(const uint8_t* body, size_t size) {
  pb_istream_t stream = pb_istream_from_buffer(body, size);
  pb_wire_type_t type;
  uint32_t number;
  bool end;
  while (pb_decode_tag(&stream, &type, &number, &end)) {
    if (number > kLastKnownField && type == PB_WT_STRING) return true;
    if (!pb_skip_field(&stream, type)) return false;
  }
  return false;
}

bool value_is_text_clean(const Value& value) {
  return value.which_kind != signalbox_unitlink_v1_Value_text_tag ||
         is_utf8(value.kind.text);
}

// proto3 strings are UTF-8; nanopb as built by distributions does not check it.
bool strings_are_utf8(const Envelope& envelope) {
  switch (envelope.which_body) {
    case signalbox_unitlink_v1_Envelope_hello_tag:
      return envelope.body.hello.which_identity != signalbox_unitlink_v1_Hello_base_tag ||
             is_utf8(envelope.body.hello.identity.base.base_id);
    case signalbox_unitlink_v1_Envelope_write_tag:
      return value_is_text_clean(envelope.body.write.value);
    case signalbox_unitlink_v1_Envelope_invoke_tag:
      for (pb_size_t i = 0; i < envelope.body.invoke.arguments_count; ++i) {
        if (!value_is_text_clean(envelope.body.invoke.arguments[i])) return false;
      }
      return true;
    default:
      return true;
  }
}

}  // namespace

Decoded decode_envelope(const uint8_t* body, size_t size, Envelope& out) {
  pb_istream_t stream = pb_istream_from_buffer(body, size);
  if (!pb_decode(&stream, signalbox_unitlink_v1_Envelope_fields, &out)) {
    return Decoded::kMalformed;
  }
  if (out.which_body != 0) {
    return strings_are_utf8(out) ? Decoded::kMessage : Decoded::kMalformed;
  }
  return holds_unknown_message(body, size) ? Decoded::kUnknownMessage
                                           : Decoded::kMalformed;
}

size_t encode_plain_frame(const Envelope& envelope, uint8_t* into, size_t capacity) {
  if (capacity <= kFrameHeaderBytes) return 0;
  size_t room = capacity - kFrameHeaderBytes;
  if (room > kMaxBodyBytes) room = kMaxBodyBytes;
  pb_ostream_t stream = pb_ostream_from_buffer(into + kFrameHeaderBytes, room);
  if (!pb_encode(&stream, signalbox_unitlink_v1_Envelope_fields, &envelope)) return 0;
  if (stream.bytes_written == 0) return 0;
  write_header(into, stream.bytes_written, LinkSecurity::kPlain);
  return kFrameHeaderBytes + stream.bytes_written;
}

}  // namespace signalbox
