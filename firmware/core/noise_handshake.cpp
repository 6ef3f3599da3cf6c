#include "core/noise_handshake.h"

#include <string.h>

#include "core/sha256.h"
#include "core/wipe.h"

namespace signalbox {
namespace {

constexpr char kFullName[] = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";
constexpr char kResumeName[] = "SignalboxResume_psk0_ChaChaPoly_SHA256";
constexpr char kTicketLabel[] = "signalbox-resume";

template <size_t N>
void hash_name(const char (&name)[N], uint8_t out[kHashBytes]) {
  Sha256 hash;
  hash.update(reinterpret_cast<const uint8_t*>(name), N - 1);
  hash.finish(out);
}

}  // namespace

Handshake::Handshake(const HandshakeSetup& setup, SecurityPort& port)
    : kind_(setup.kind), is_initiator_(setup.is_initiator), port_(port) {
  if (kind_ == HandshakeKind::kFull) {
    hash_name(kFullName, hash_);
  } else {
    hash_name(kResumeName, hash_);
  }
  memcpy(chaining_key_, hash_, sizeof chaining_key_);
  port_.fill_random(ephemeral_, sizeof ephemeral_);
  mix_hash(setup.prologue, setup.prologue_bytes);
  // The token "psk": MixKeyAndHash.
  uint8_t mixed[3 * kHashBytes];
  noise_hkdf(chaining_key_, setup.preshared_key, kKeyBytes, mixed, 3);
  memcpy(chaining_key_, mixed, sizeof chaining_key_);
  mix_hash(mixed + kHashBytes, kHashBytes);
  cipher_.begin(mixed + 2 * kHashBytes);
  wipe(mixed, sizeof mixed);
}

Handshake::~Handshake() {
  wipe(chaining_key_, sizeof chaining_key_);
  wipe(ephemeral_, sizeof ephemeral_);
}

bool Handshake::write(const uint8_t* payload, size_t payload_bytes, uint8_t* message) {
  if (kind_ == HandshakeKind::kFull) {
    x25519_public(ephemeral_, message, port_);
  } else {
    memcpy(message, ephemeral_, kKeyBytes);
  }
  mix_ephemeral(message);
  if (!agree()) return false;
  uint8_t* data = message + kKeyBytes;
  if (payload_bytes > 0) memcpy(data, payload, payload_bytes);
  uint8_t* tag = data + payload_bytes;
  if (!cipher_.seal(hash_, sizeof hash_, data, payload_bytes, tag)) return false;
  mix_hash(data, payload_bytes + kTagBytes);
  is_second_ = true;
  return true;
}

bool Handshake::read(const uint8_t* message, size_t size, uint8_t* payload) {
  if (size < kKeyBytes + kTagBytes) return false;
  memcpy(theirs_, message, sizeof theirs_);
  mix_ephemeral(theirs_);
  if (!agree()) return false;
  const uint8_t* sealed = message + kKeyBytes;
  const size_t payload_bytes = size - kKeyBytes - kTagBytes;
  if (payload_bytes > 0) memcpy(payload, sealed, payload_bytes);
  if (!cipher_.open(hash_, sizeof hash_, payload, payload_bytes,
                    sealed + payload_bytes)) {
    return false;
  }
  mix_hash(sealed, payload_bytes + kTagBytes);
  is_second_ = true;
  return true;
}

void Handshake::finish(NoiseCipher& send, NoiseCipher& receive, TicketSecret& ticket) {
  uint8_t material[sizeof kTicketLabel - 1 + kHashBytes];
  memcpy(material, kTicketLabel, sizeof kTicketLabel - 1);
  memcpy(material + sizeof kTicketLabel - 1, hash_, kHashBytes);
  uint8_t keys[2 * kHashBytes];
  noise_hkdf(chaining_key_, material, sizeof material, keys, 2);
  memcpy(ticket.id, keys, sizeof ticket.id);
  memcpy(ticket.key, keys + kHashBytes, sizeof ticket.key);
  noise_hkdf(chaining_key_, nullptr, 0, keys, 2);
  (is_initiator_ ? send : receive).begin(keys);
  (is_initiator_ ? receive : send).begin(keys + kHashBytes);
  wipe(keys, sizeof keys);
}

void Handshake::mix_hash(const uint8_t* data, size_t size) {
  Sha256 hash;
  hash.update(hash_, sizeof hash_);
  hash.update(data, size);
  hash.finish(hash_);
}

void Handshake::mix_key(const uint8_t* material, size_t size) {
  uint8_t mixed[2 * kHashBytes];
  noise_hkdf(chaining_key_, material, size, mixed, 2);
  memcpy(chaining_key_, mixed, sizeof chaining_key_);
  cipher_.begin(mixed + kHashBytes);
  wipe(mixed, sizeof mixed);
}

// With a pre-shared key, ephemeral keys are mixed into the key as well (section 9.2).
void Handshake::mix_ephemeral(const uint8_t public_key[kKeyBytes]) {
  mix_hash(public_key, kKeyBytes);
  mix_key(public_key, kKeyBytes);
}

// The token "ee": in the second message both ephemeral keys are known.
bool Handshake::agree() {
  if (kind_ == HandshakeKind::kResume || !is_second_) return true;
  uint8_t shared[kKeyBytes];
  const bool good = x25519(ephemeral_, theirs_, shared, port_);
  if (good) mix_key(shared, sizeof shared);
  wipe(shared, sizeof shared);
  return good;
}

}  // namespace signalbox
