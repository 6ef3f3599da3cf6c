// One direction of an encrypted link: a key, and the number of the next frame.
#pragma once

#include "core/noise_crypto.h"

namespace signalbox {

// docs/unit-link.md section 7.4
constexpr uint64_t kRekeyEveryFrames = 4096;
constexpr uint64_t kMaxFrames = uint64_t{1} << 32;

class NoiseCipher {
 public:
  NoiseCipher() = default;
  ~NoiseCipher() { wipe_key(); }
  NoiseCipher(const NoiseCipher&) = delete;
  NoiseCipher& operator=(const NoiseCipher&) = delete;

  // Copies the key; the caller wipes its own.
  void begin(const uint8_t key[kKeyBytes]);

  // Forgets the key. Until the next begin nothing is sealed or opened.
  void wipe_key();

  // False when the key has been used as often as it may; nothing is done then.
  [[nodiscard]] bool seal(const uint8_t* associated, size_t associated_bytes,
                          uint8_t* data, size_t size, uint8_t tag[kTagBytes]);

  // False when this is not the peer's next frame; the data is wiped then.
  [[nodiscard]] bool open(const uint8_t* associated, size_t associated_bytes,
                          uint8_t* data, size_t size, const uint8_t tag[kTagBytes]);

 private:
  void advance();

  uint8_t key_[kKeyBytes] = {};
  uint64_t count_ = kMaxFrames;
};

}  // namespace signalbox
