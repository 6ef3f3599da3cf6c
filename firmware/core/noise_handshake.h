// The handshake of an encrypted link (docs/unit-link.md section 7.3).
#pragma once

#include "core/noise_cipher.h"
#include "core/security_port.h"

namespace signalbox {

// The values are those of the first byte on the wire. A resumed link skips X25519: in
// place of its ephemeral key each side sends a number used once.
enum class HandshakeKind : uint8_t { kFull = 1, kResume = 2 };

constexpr size_t kTicketIdBytes = 16;

// Opens a later connection without X25519, once.
struct TicketSecret {
  uint8_t id[kTicketIdBytes] = {};
  uint8_t key[kKeyBytes] = {};
};

struct HandshakeSetup {
  HandshakeKind kind = HandshakeKind::kFull;
  bool is_initiator = false;
  const uint8_t* prologue = nullptr;
  size_t prologue_bytes = 0;
  const uint8_t* preshared_key = nullptr;  // kKeyBytes
};

// Two messages, the initiator's and the responder's; then finish().
class Handshake {
 public:
  // Its secret for this one handshake comes from the port.
  Handshake(const HandshakeSetup& setup, SecurityPort& port);
  ~Handshake();
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  // Writes the next message: kKeyBytes + payload + kTagBytes. False when the other side's
  // key is none.
  [[nodiscard]] bool write(const uint8_t* payload, size_t payload_bytes,
                           uint8_t* message);

  // Reads one; the payload is kKeyBytes + kTagBytes shorter. False when the other side
  // does not have the same keys, or the message is too short to be one.
  [[nodiscard]] bool read(const uint8_t* message, size_t size, uint8_t* payload);

  // After both messages.
  void finish(NoiseCipher& send, NoiseCipher& receive, TicketSecret& ticket);

  const uint8_t* hash() const { return hash_; }

 private:
  void mix_hash(const uint8_t* data, size_t size);
  void mix_key(const uint8_t* material, size_t size);
  void mix_ephemeral(const uint8_t public_key[kKeyBytes]);
  [[nodiscard]] bool agree();

  const HandshakeKind kind_;
  const bool is_initiator_;
  SecurityPort& port_;
  bool is_second_ = false;
  uint8_t chaining_key_[kHashBytes];
  uint8_t hash_[kHashBytes];
  uint8_t ephemeral_[kKeyBytes];
  uint8_t theirs_[kKeyBytes] = {};
  NoiseCipher cipher_;
};

}  // namespace signalbox
