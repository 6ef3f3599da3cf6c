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

}  // namespace signalbox::lx106
