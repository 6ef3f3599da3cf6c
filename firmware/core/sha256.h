// SHA-256 (FIPS 180-4) from BearSSL, for the schema hash and the handshake.
#pragma once

#include <bearssl/bearssl_hash.h>
#include <stddef.h>
#include <stdint.h>

namespace signalbox {

class Sha256 {
 public:
  static constexpr size_t kDigestBytes = br_sha256_SIZE;

  Sha256() { br_sha256_init(&context_); }
  void update(const uint8_t* data, size_t size) {
    br_sha256_update(&context_, data, size);
  }
  // Ends the computation; the object is of no further use.
  void finish(uint8_t digest[kDigestBytes]) { br_sha256_out(&context_, digest); }

 private:
  br_sha256_context context_;
};

}  // namespace signalbox
