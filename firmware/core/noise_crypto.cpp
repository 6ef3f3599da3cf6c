#include "core/noise_crypto.h"

#include <bearssl/bearssl_block.h>
#include <bearssl/bearssl_hmac.h>
#include <string.h>

#include "core/wipe.h"
#include "core/x25519.h"

namespace signalbox {
namespace {

void hmac_sha256(const br_hmac_key_context& key, const uint8_t* data, size_t size,
                 uint8_t last, uint8_t out[kHashBytes]) {
  br_hmac_context context;
  br_hmac_init(&context, &key, 0);
  br_hmac_update(&context, data, size);
  if (last != 0) br_hmac_update(&context, &last, 1);
  br_hmac_out(&context, out);
  wipe(&context, sizeof context);
}

}  // namespace

void noise_hkdf(const uint8_t chaining_key[kHashBytes], const uint8_t* material,
                size_t material_bytes, uint8_t* outputs, unsigned count) {
  br_hmac_key_context key;
  br_hmac_key_init(&key, &br_sha256_vtable, chaining_key, kHashBytes);
  uint8_t temporary[kHashBytes];
  hmac_sha256(key, material, material_bytes, 0, temporary);
  br_hmac_key_init(&key, &br_sha256_vtable, temporary, sizeof temporary);
  for (unsigned i = 0; i < count; ++i) {
    const uint8_t* before = i == 0 ? outputs : outputs + (i - 1) * kHashBytes;
    hmac_sha256(key, before, i == 0 ? 0 : kHashBytes, static_cast<uint8_t>(i + 1),
                outputs + i * kHashBytes);
  }
  wipe(temporary, sizeof temporary);
  wipe(&key, sizeof key);
}

void x25519_public(const uint8_t secret[kKeyBytes], uint8_t out[kKeyBytes],
                   SecurityPort& port) {
  memset(out, 0, kKeyBytes);
  out[0] = 9;
  x25519_ladder(secret, out, out, port);
}

bool x25519(const uint8_t secret[kKeyBytes], const uint8_t public_key[kKeyBytes],
            uint8_t out[kKeyBytes], SecurityPort& port) {
  x25519_ladder(secret, public_key, out, port);
  const uint8_t zeros[kKeyBytes] = {};
  return !equal_in_constant_time(out, zeros, kKeyBytes);
}

void aead_seal(const uint8_t key[kKeyBytes], const uint8_t nonce[kNonceBytes],
               const uint8_t* associated, size_t associated_bytes, uint8_t* data,
               size_t size, uint8_t tag[kTagBytes]) {
  br_poly1305_ctmul32_run(key, nonce, data, size, associated, associated_bytes, tag,
                          br_chacha20_ct_run, 1);
}

bool aead_open(const uint8_t key[kKeyBytes], const uint8_t nonce[kNonceBytes],
               const uint8_t* associated, size_t associated_bytes, uint8_t* data,
               size_t size, const uint8_t tag[kTagBytes]) {
  uint8_t right[kTagBytes];
  br_poly1305_ctmul32_run(key, nonce, data, size, associated, associated_bytes, right,
                          br_chacha20_ct_run, 0);
  const bool good = equal_in_constant_time(right, tag, kTagBytes);
  wipe(right, sizeof right);
  if (!good) wipe(data, size);
  return good;
}

}  // namespace signalbox
