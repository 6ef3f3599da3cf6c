#include "core/update_signature.h"

#include <bearssl/bearssl_ec.h>
#include <string.h>

#include "core/base64.h"

namespace signalbox {

uint32_t UpdateKey::id() const {
  Sha256 hash;
  hash.update(point, sizeof point);
  uint8_t digest[Sha256::kDigestBytes];
  hash.finish(digest);
  uint32_t id = 0;
  for (int i = 0; i < 4; ++i) id = id << 8 | digest[i];
  return id;
}

bool parse_update_key(const char* text, UpdateKey& out) {
  constexpr uint8_t kUncompressed = 4;
  return parse_base64(text, strlen(text), out.point, sizeof out.point) &&
         out.point[0] == kUncompressed;
}

const UpdateKey* UpdateTrust::find(uint32_t id) const {
  for (size_t i = 0; i < count; ++i) {
    if (keys[i].id() == id) return &keys[i];
  }
  return nullptr;
}

bool verify_update(const UpdateKey& key, const uint8_t digest[Sha256::kDigestBytes],
                   const uint8_t signature[kUpdateSignatureBytes]) {
  // BearSSL's type has no const; it does not write there.
  br_ec_public_key point = {BR_EC_secp256r1, const_cast<uint8_t*>(key.point),
                            sizeof key.point};
  // The implementations for 15 x 15 bits, which is what the chip multiplies well.
  return br_ecdsa_i15_vrfy_raw(&br_ec_p256_m15, digest, Sha256::kDigestBytes, &point,
                               signature, kUpdateSignatureBytes) == 1;
}

}  // namespace signalbox
