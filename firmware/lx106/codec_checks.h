// The codecs and the handshake by the shared vectors (protocol/vectors), as machine code
// of the chip.
#pragma once

#include "core/envelope_codec.h"
#include "core/frame_decoder.h"
#include "core/opening.h"
#include "core/secure_channel.h"
#include "lx106/checks.h"
#include "lx106/vector_tables.h"
#include "tests/fake_security.h"

namespace signalbox::lx106 {

constexpr uint64_t kOpenedAtMs = 1000;

// Decodes the vector, in its own chunks or in chunks of one byte.
inline void check_frame_vector(Checks& checks, const FrameVector& vector,
                               bool byte_by_byte) {
  static FrameDecoder decoder;
  decoder.reset(vector.is_encrypted ? LinkSecurity::kEncrypted : LinkSecurity::kPlain);
  size_t bodies = 0;
  for (size_t i = 0; i < vector.chunk_count; ++i) {
    const uint8_t* data = vector.chunks[i].data;
    size_t left = vector.chunks[i].size;
    while (left > 0) {
      size_t size = byte_by_byte ? 1 : left;
      const size_t offered = size;
      const FrameDecoder::Progress progress = decoder.feed(data, size);
      left -= offered - size;
      if (progress == FrameDecoder::Progress::kError) break;
      if (progress != FrameDecoder::Progress::kFrame) continue;
      CHECK(bodies < vector.body_count, vector.name);
      if (bodies == vector.body_count) return;
      const Bytes& want = vector.bodies[bodies++];
      CHECK(decoder.body_bytes() == want.size &&
                memcmp(decoder.body(), want.data, want.size) == 0,
            vector.name);
    }
  }
  CHECK(bodies == vector.body_count, vector.name);
  CHECK(strcmp(frame_error_name(decoder.error()), vector.error) == 0, vector.name);
}

inline void check_message_vector(Checks& checks, const MessageVector& vector) {
  static Envelope envelope;
  CHECK(
      decode_envelope(vector.body.data, vector.body.size, envelope) == Decoded::kMessage,
      vector.name);
  static uint8_t frame[kMaxFrameBytes];
  const size_t size = encode_plain_frame(envelope, frame, sizeof frame);
  CHECK(size == kFrameHeaderBytes + vector.body.size &&
            memcmp(frame + kFrameHeaderBytes, vector.body.data, vector.body.size) == 0,
        vector.name);
}

inline bool same(const void* have, const Bytes& want) {
  return memcmp(have, want.data, want.size) == 0;
}

// Both sides of the handshake that the Noise projects published.
inline void check_published_vector(Checks& checks, const PublishedVector& vector) {
  static test::FakeSecurity initiators, responders;
  initiators.prepare(vector.initiator_ephemeral.data);
  responders.prepare(vector.responder_ephemeral.data);
  HandshakeSetup setup = {HandshakeKind::kFull, true, vector.prologue.data,
                          vector.prologue.size, vector.preshared_key.data};
  Handshake initiator(setup, initiators);
  setup.is_initiator = false;
  Handshake responder(setup, responders);
  uint8_t message[128];
  uint8_t payload[64];
  CHECK(initiator.write(vector.first_payload.data, vector.first_payload.size, message) &&
            same(message, vector.first_message),
        "first message");
  CHECK(responder.read(message, vector.first_message.size, payload) &&
            same(payload, vector.first_payload),
        "first payload");
  CHECK(
      responder.write(vector.second_payload.data, vector.second_payload.size, message) &&
          same(message, vector.second_message),
      "second message");
  CHECK(initiator.read(message, vector.second_message.size, payload) &&
            same(payload, vector.second_payload),
        "second payload");
  CHECK(same(initiator.hash(), vector.handshake_hash), "handshake hash");
}

inline void check_link_vector(Checks& checks, const LinkVector& vector) {
  static test::FakeSecurity security;
  security.prepare(vector.unit_ephemeral.data);
  uint8_t key[kKeyBytes];
  memcpy(key, vector.key.data, sizeof key);
  static TicketSlot tickets;
  tickets.clear();
  if (vector.ticket_id.size > 0) {
    UnitTicket ticket;
    memcpy(ticket.secret.id, vector.ticket_id.data, kTicketIdBytes);
    memcpy(ticket.secret.key, vector.ticket_key.data, kKeyBytes);
    tickets.put(ticket);
  }
  static SecureChannel channel;
  OpeningAnswer said;
  CHECK(answer_opening(vector.opening.data + kFrameHeaderBytes,
                       vector.opening.size - kFrameHeaderBytes, kOpenedAtMs,
                       LinkProtection::encrypted(key, security), tickets, channel.send,
                       channel.receive, said) == OpeningEnd::kSecured,
        vector.name);
  CHECK(said.size + kFrameHeaderBytes == vector.answer.size &&
            memcmp(said.body, vector.answer.data + kFrameHeaderBytes, said.size) == 0,
        vector.name);
  static uint8_t frame[kMaxFrameBytes];
  for (size_t i = 0; i < vector.frame_count; ++i) {
    const SaidFrame& one = vector.frames[i];
    if (one.is_from_base) {
      memcpy(frame, one.frame.data, one.frame.size);
      CHECK(channel.open_body(frame + kFrameHeaderBytes,
                              one.frame.size - kFrameHeaderBytes) == one.message.size &&
                same(frame + kFrameHeaderBytes, one.message),
            vector.name);
    } else {
      memcpy(frame + kFrameHeaderBytes, one.message.data, one.message.size);
      CHECK(channel.seal_frame(frame, kFrameHeaderBytes + one.message.size) ==
                    one.frame.size &&
                same(frame, one.frame),
            vector.name);
    }
  }
}

}  // namespace signalbox::lx106
