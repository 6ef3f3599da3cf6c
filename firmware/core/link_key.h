// A unit's own key, and whether its link is encrypted at all.
#pragma once

#include "core/noise_crypto.h"
#include "core/security_port.h"

namespace signalbox {

// With a key a unit accepts only encrypted links. Without one it is unencrypted, which
// its builder must request explicitly.
struct LinkProtection {
  static LinkProtection plain() { return {nullptr, nullptr}; }
  // Both outlive the unit.
  static LinkProtection encrypted(const uint8_t (&key)[kKeyBytes], SecurityPort& port) {
    return {key, &port};
  }

  bool is_encrypted() const { return key != nullptr; }

  const uint8_t* key;
  SecurityPort* port;
};

// Reads a key as a base writes it: 44 characters of base64 (RFC 4648), white space around
// them. False, and nothing of it kept, when it is none.
[[nodiscard]] bool parse_link_key(const char* text, size_t size,
                                  uint8_t (&key)[kKeyBytes]);

}  // namespace signalbox
