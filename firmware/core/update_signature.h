// Who may make firmware for this unit (docs/unit-link.md section 11.1).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/sha256.h"

namespace signalbox {

constexpr size_t kUpdateSignatureBytes = 64;  // r and s

// An uncompressed point (SEC 1 section 2.3.3): 04, x, y.
struct UpdateKey {
  static constexpr size_t kBytes = 65;

  uint8_t point[kBytes] = {};

  // The first 4 bytes of the SHA-256 over the point, big-endian.
  uint32_t id() const;
};

// Reads a key in base64; false when it is none. That it is a point of the curve is found
// where a signature is verified.
[[nodiscard]] bool parse_update_key(const char* text, UpdateKey& out);

// Two, so that keys can be rotated: the present one and the next.
struct UpdateTrust {
  static constexpr size_t kMaxKeys = 2;

  UpdateKey keys[kMaxKeys];
  size_t count = 0;

  // Null when there is no such key.
  const UpdateKey* find(uint32_t id) const;
};

}  // namespace signalbox
