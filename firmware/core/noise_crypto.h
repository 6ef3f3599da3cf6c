// The primitives under the encrypted link: constant-time implementations for processors
// without wide multiplications, the same on the chip and on a PC. X25519 is our own
// (x25519.h), the others are BearSSL's.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/security_port.h"

namespace signalbox {

constexpr size_t kKeyBytes = 32;
constexpr size_t kHashBytes = 32;
constexpr size_t kTagBytes = 16;
constexpr size_t kNonceBytes = 12;

// HKDF of the Noise specification (revision 34, section 4.3): 2 or 3 outputs of 32 bytes,
// one after the other.
void noise_hkdf(const uint8_t chaining_key[kHashBytes], const uint8_t* material,
                size_t material_bytes, uint8_t* outputs, unsigned count);

// RFC 7748: the public half of a secret.
void x25519_public(const uint8_t secret[kKeyBytes], uint8_t out[kKeyBytes],
                   SecurityPort& port);

// RFC 7748. False when the shared secret is all zeros: a point of low order.
[[nodiscard]] bool x25519(const uint8_t secret[kKeyBytes],
                          const uint8_t public_key[kKeyBytes], uint8_t out[kKeyBytes],
                          SecurityPort& port);

// RFC 8439. Encrypts in place and writes the tag.
void aead_seal(const uint8_t key[kKeyBytes], const uint8_t nonce[kNonceBytes],
               const uint8_t* associated, size_t associated_bytes, uint8_t* data,
               size_t size, uint8_t tag[kTagBytes]);

// Decrypts in place. False when the tag is not right; the data is wiped then.
[[nodiscard]] bool aead_open(const uint8_t key[kKeyBytes],
                             const uint8_t nonce[kNonceBytes], const uint8_t* associated,
                             size_t associated_bytes, uint8_t* data, size_t size,
                             const uint8_t tag[kTagBytes]);

}  // namespace signalbox
