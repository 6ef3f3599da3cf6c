// How a unit shows that it keeps the key it was given, without saying it.
#pragma once

#include "core/noise_crypto.h"

namespace signalbox {

constexpr size_t kChallengeBytes = 16;

// HMAC-SHA-256 (RFC 2104) under the key, over the text "signalbox-provisioned", the
// challenge and the unit's hardware id.
void compute_key_proof(const uint8_t (&key)[kKeyBytes], const uint8_t* challenge,
                       const char* hardware_id, uint8_t (&proof)[kHashBytes]);

}  // namespace signalbox
