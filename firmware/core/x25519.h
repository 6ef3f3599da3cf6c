// Our own X25519 (RFC 7748): it needs a fifth of the stack of BearSSL's as the Arduino
// core builds it, and yields to the system between its steps.
#pragma once

#include "core/security_port.h"

namespace signalbox {

constexpr size_t kX25519Bytes = 32;
// Steps of the ladder between two yields.
constexpr unsigned kX25519StepsToRest = 8;

// The secret times the point, in constant time. Neither has to be clamped or reduced.
// Yields at `port` between the steps. `out` may be the point.
void x25519_ladder(const uint8_t secret[kX25519Bytes], const uint8_t point[kX25519Bytes],
                   uint8_t out[kX25519Bytes], SecurityPort& port);

}  // namespace signalbox
