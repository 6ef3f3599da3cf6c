// SHA-256 (FIPS 180-4), for the schema hash.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

class Sha256 {
 public:
  static constexpr size_t kDigestBytes = 32;

  Sha256();
  void update(const uint8_t* data, size_t size);
  // Ends the computation; the object is of no further use.
  void finish(uint8_t digest[kDigestBytes]);

 private:
  static constexpr size_t kBlockBytes = 64;
  void compress();

  uint32_t state_[8];
  uint64_t length_bytes_ = 0;
  size_t filled_ = 0;
  uint8_t block_[kBlockBytes] = {};
};

}  // namespace signalbox
