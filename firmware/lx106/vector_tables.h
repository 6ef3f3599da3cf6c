// Shape of the vectors that scripts/firmware-esp8266.mjs writes into the build folder
// from protocol/vectors.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox::lx106 {

struct Bytes {
  const uint8_t* data;
  size_t size;
};

struct FrameVector {
  const char* name;
  bool is_encrypted;
  const Bytes* chunks;
  size_t chunk_count;
  const Bytes* bodies;
  size_t body_count;
  const char* error;  // "none" where it must end without
};

struct MessageVector {
  const char* name;
  Bytes body;
};

struct SaidFrame {
  bool is_from_base;
  Bytes message;
  Bytes frame;
};

// A whole encrypted link; without a ticket its data is empty.
struct LinkVector {
  const char* name;
  Bytes key;
  Bytes ticket_id;
  Bytes ticket_key;
  Bytes unit_ephemeral;
  Bytes opening;
  Bytes answer;
  const SaidFrame* frames;
  size_t frame_count;
};

// What a unit with version 1.4.0 and the trusted keys answers to a manifest.
struct BeginVector {
  const char* name;
  Bytes manifest;
  Bytes signature;
  uint32_t key_id;
  bool safe_mode;
  const char* error;
};

struct UpdateVectors {
  Bytes trusted[2];
  const BeginVector* begins;
  size_t begin_count;
  Bytes image;  // of the first one
};

// What is sent to a unit on its serial line, and what it answers.
struct SerialTurn {
  const char* name;
  Bytes says;
  Bytes hears;
};

// The handshake that the Noise projects published.
struct PublishedVector {
  Bytes prologue;
  Bytes preshared_key;
  Bytes initiator_ephemeral;
  Bytes responder_ephemeral;
  Bytes handshake_hash;
  Bytes first_payload;
  Bytes first_message;
  Bytes second_payload;
  Bytes second_message;
};

}  // namespace signalbox::lx106
