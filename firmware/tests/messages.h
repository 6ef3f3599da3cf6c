// Envelopes as a base sends them.
#pragma once

#include "core/value.h"

namespace signalbox::test {

inline Envelope blank(uint32_t request_id, pb_size_t which) {
  Envelope envelope = {};
  envelope.request_id = request_id;
  envelope.which_body = which;
  return envelope;
}

inline Envelope hello(uint32_t request_id = 1, uint32_t protocol_min = 1,
                      uint32_t protocol_max = 1, uint32_t max_body_bytes = 1024) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_hello_tag);
  envelope.body.hello.protocol_min = protocol_min;
  envelope.body.hello.protocol_max = protocol_max;
  envelope.body.hello.max_body_bytes = max_body_bytes;
  envelope.body.hello.which_identity = signalbox_unitlink_v1_Hello_base_tag;
  copy_text(envelope.body.hello.identity.base.base_id,
            sizeof envelope.body.hello.identity.base.base_id,
            "0199aa00-0000-7000-8000-00000000000b");
  return envelope;
}

inline Envelope ping(uint32_t request_id) {
  return blank(request_id, signalbox_unitlink_v1_Envelope_ping_tag);
}

inline Envelope describe(uint32_t request_id, uint32_t index) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_describe_tag);
  envelope.body.describe.index = index;
  return envelope;
}

inline Envelope read(uint32_t request_id, uint32_t pid) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_read_tag);
  envelope.body.read.pid = pid;
  return envelope;
}

struct Tag {
  uint64_t command_id = 0;
  uint32_t ttl_ms = 0;
};

inline Envelope write(uint32_t request_id, uint32_t pid, const Value& value, Tag tag = {},
                      uint32_t transition_ms = 0) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_write_tag);
  envelope.body.write.has_tag = tag.command_id != 0 || tag.ttl_ms != 0;
  envelope.body.write.tag = {tag.command_id, tag.ttl_ms};
  envelope.body.write.pid = pid;
  envelope.body.write.has_value = value.which_kind != 0;
  envelope.body.write.value = value;
  envelope.body.write.transition_ms = transition_ms;
  return envelope;
}

inline Envelope invoke(uint32_t request_id, uint32_t pid, Tag tag = {}) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_invoke_tag);
  envelope.body.invoke.has_tag = tag.command_id != 0 || tag.ttl_ms != 0;
  envelope.body.invoke.tag = {tag.command_id, tag.ttl_ms};
  envelope.body.invoke.pid = pid;
  return envelope;
}

inline Envelope with_argument(Envelope envelope, const Value& argument) {
  envelope.body.invoke.arguments[envelope.body.invoke.arguments_count++] = argument;
  return envelope;
}

inline Envelope subscribe(uint32_t request_id, uint32_t pid, uint32_t min_interval_ms = 0,
                          uint32_t max_interval_ms = 0) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_subscribe_tag);
  envelope.body.subscribe.pid = pid;
  envelope.body.subscribe.min_interval_ms = min_interval_ms;
  envelope.body.subscribe.max_interval_ms = max_interval_ms;
  return envelope;
}

inline Envelope cancel(uint32_t request_id, uint32_t pid) {
  Envelope envelope = subscribe(request_id, pid);
  envelope.body.subscribe.cancel = true;
  return envelope;
}

inline Envelope resume(uint32_t request_id, uint32_t after_seq) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_resume_tag);
  envelope.body.resume.after_seq = after_seq;
  return envelope;
}

inline Envelope update_begin(uint32_t request_id, const uint8_t* manifest, size_t size,
                             const uint8_t* signature, uint32_t key_id) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_update_begin_tag);
  signalbox_unitlink_v1_UpdateBegin& begin = envelope.body.update_begin;
  begin.manifest.size = static_cast<pb_size_t>(size);
  if (size > 0) memcpy(begin.manifest.bytes, manifest, size);
  begin.signature.size = sizeof begin.signature.bytes;
  memcpy(begin.signature.bytes, signature, sizeof begin.signature.bytes);
  begin.key_id = key_id;
  return envelope;
}

inline Envelope update_chunk(uint32_t request_id, uint32_t offset, const uint8_t* data,
                             size_t size) {
  Envelope envelope = blank(request_id, signalbox_unitlink_v1_Envelope_update_chunk_tag);
  envelope.body.update_chunk.offset = offset;
  envelope.body.update_chunk.data.size = static_cast<pb_size_t>(size);
  if (size > 0) memcpy(envelope.body.update_chunk.data.bytes, data, size);
  return envelope;
}

// Apply, abort and query have no fields.
inline Envelope update_request(uint32_t request_id, pb_size_t which) {
  return blank(request_id, which);
}
inline Envelope update_query(uint32_t request_id) {
  return update_request(request_id, signalbox_unitlink_v1_Envelope_update_query_tag);
}

inline Envelope time_of(int64_t epoch_ms) {
  Envelope envelope = blank(0, signalbox_unitlink_v1_Envelope_time_tag);
  envelope.body.time.epoch_ms = epoch_ms;
  return envelope;
}

inline Envelope goodbye() {
  Envelope envelope = blank(0, signalbox_unitlink_v1_Envelope_goodbye_tag);
  envelope.body.goodbye.reason = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_DONE;
  return envelope;
}

inline Value boolean(bool value) {
  Value out = {};
  set_boolean(out, value);
  return out;
}
inline Value integer(int64_t value) {
  Value out = {};
  set_integer(out, value);
  return out;
}
inline Value number(double value) {
  Value out = {};
  set_number(out, value);
  return out;
}
inline Value color(uint32_t value) {
  Value out = {};
  set_color(out, value);
  return out;
}
inline Value text(const char* value) {
  Value out = {};
  set_text(out, value);
  return out;
}
inline Value data(const char* bytes) {
  Value out = {};
  set_data(out, reinterpret_cast<const uint8_t*>(bytes), strlen(bytes));
  return out;
}

}  // namespace signalbox::test
