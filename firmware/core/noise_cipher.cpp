#include "core/noise_cipher.h"

#include <string.h>

#include "core/wipe.h"

namespace signalbox {
namespace {

// The number of Noise's REKEY, which no frame ever has.
constexpr uint64_t kRekeyNonce = UINT64_MAX;

// Four zero bytes and the number, little-endian (Noise specification, section 12.3).
struct Nonce {
  explicit Nonce(uint64_t number) {
    for (size_t i = 0; i < 8; ++i) bytes[4 + i] = static_cast<uint8_t>(number >> 8 * i);
  }
  uint8_t bytes[kNonceBytes] = {};
};

}  // namespace

void NoiseCipher::begin(const uint8_t key[kKeyBytes]) {
  memcpy(key_, key, sizeof key_);
  count_ = 0;
}

void NoiseCipher::wipe_key() {
  wipe(key_, sizeof key_);
  count_ = kMaxFrames;
}

bool NoiseCipher::seal(const uint8_t* associated, size_t associated_bytes, uint8_t* data,
                       size_t size, uint8_t tag[kTagBytes]) {
  if (count_ >= kMaxFrames) return false;
  aead_seal(key_, Nonce(count_).bytes, associated, associated_bytes, data, size, tag);
  advance();
  return true;
}

bool NoiseCipher::open(const uint8_t* associated, size_t associated_bytes, uint8_t* data,
                       size_t size, const uint8_t tag[kTagBytes]) {
  if (count_ >= kMaxFrames) return false;
  if (!aead_open(key_, Nonce(count_).bytes, associated, associated_bytes, data, size,
                 tag)) {
    return false;
  }
  advance();
  return true;
}

void NoiseCipher::advance() {
  ++count_;
  if (count_ % kRekeyEveryFrames != 0) return;
  uint8_t fresh[kKeyBytes] = {};
  uint8_t tag[kTagBytes];
  aead_seal(key_, Nonce(kRekeyNonce).bytes, nullptr, 0, fresh, sizeof fresh, tag);
  memcpy(key_, fresh, sizeof key_);
  wipe(fresh, sizeof fresh);
}

}  // namespace signalbox
