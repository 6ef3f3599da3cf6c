// The base's side of an encrypted connection.
#pragma once

#include <string.h>

#include "core/envelope_codec.h"
#include "core/opening.h"
#include "core/secure_channel.h"
#include "tests/fake_link.h"
#include "tests/fake_security.h"

namespace signalbox::test {

constexpr uint8_t kTestKey[kKeyBytes] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                         11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                         22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

// Allocates nothing.
class SecureBase {
 public:
  explicit SecureBase(const uint8_t (&key)[kKeyBytes] = kTestKey) {
    memcpy(key_, key, sizeof key_);
  }

  // Shakes hands; `turn` lets the unit run. False when the unit's answer gives no keys;
  // body() is that answer then.
  template <typename Turn>
  bool open(Turn turn) {
    return shake_hands(HandshakeKind::kFull, nullptr, turn);
  }
  template <typename Turn>
  bool resume(const TicketSecret& with, Turn turn) {
    return shake_hands(HandshakeKind::kResume, &with, turn);
  }
  const uint8_t* opening() const { return opening_; }
  size_t opening_bytes() const { return opening_bytes_; }

  void send(const Envelope& envelope) {
    uint8_t frame[kMaxFrameBytes];
    size_t size = encode_plain_frame(envelope, frame, sizeof frame - kTagBytes);
    size = channel.seal_frame(frame, size);
    link.feed(frame, size);
  }

  // The unit's next message; false when there is none, or it is not for these keys.
  bool next_message(Envelope& message) {
    if (!next_frame()) return false;
    const size_t size = channel.open_body(body_, body_bytes_);
    return size > 0 && decode_envelope(body_, size, message) == Decoded::kMessage;
  }

  // The unit's next frame as it is. False when there is none.
  bool next_frame() {
    if (consumed_ >= link.sent_bytes()) return false;
    const uint8_t* frame = link.sent() + consumed_;
    magic = frame[0];
    body_bytes_ = static_cast<size_t>(frame[2]) << 8 | frame[3];
    memcpy(body_, frame + kFrameHeaderBytes, body_bytes_);
    consumed_ += kFrameHeaderBytes + body_bytes_;
    return true;
  }
  const uint8_t* body() const { return body_; }
  size_t body_bytes() const { return body_bytes_; }

  // What the unit said so far is of no interest.
  void forget_sent() {
    link.forget_sent();
    consumed_ = 0;
  }

  // For another connection.
  void renew() {
    link.renew();
    consumed_ = 0;
  }

  FakeLink link;
  FakeSecurity security;
  SecureChannel channel;
  TicketSecret ticket;
  uint8_t magic = 0;

 private:
  template <typename Turn>
  bool shake_hands(HandshakeKind kind, const TicketSecret* with, Turn turn) {
    static constexpr char kName[] = "signalbox-unit-link";
    uint8_t prologue[sizeof kName - 1 + 3 + kTicketIdBytes];
    size_t size = sizeof kName - 1;
    memcpy(prologue, kName, size);
    prologue[size++] = kMagicEncrypted;
    prologue[size++] = kFrameVersion;
    prologue[size++] = static_cast<uint8_t>(kind);
    uint8_t* body = opening_ + kFrameHeaderBytes;
    size_t body_bytes = 0;
    body[body_bytes++] = static_cast<uint8_t>(kind);
    if (with != nullptr) {
      memcpy(prologue + size, with->id, kTicketIdBytes);
      size += kTicketIdBytes;
      memcpy(body + body_bytes, with->id, kTicketIdBytes);
      body_bytes += kTicketIdBytes;
    }
    const HandshakeSetup setup = {kind, true, prologue, size,
                                  with == nullptr ? key_ : with->key};
    Handshake handshake(setup, security);
    if (!handshake.write(nullptr, 0, body + body_bytes)) return false;
    body_bytes += kKeyBytes + kTagBytes;
    write_header(opening_, body_bytes, LinkSecurity::kEncrypted);
    opening_bytes_ = kFrameHeaderBytes + body_bytes;
    link.feed(opening_, opening_bytes_);
    turn();
    if (!next_frame() || body_bytes_ != 1 + kKeyBytes + kTagBytes) return false;
    if (!handshake.read(body_ + 1, body_bytes_ - 1, body_ + 1)) return false;
    handshake.finish(channel.send, channel.receive, ticket);
    return true;
  }

  uint8_t key_[kKeyBytes];
  uint8_t opening_[kFrameHeaderBytes + 1 + kTicketIdBytes + kKeyBytes + kTagBytes] = {};
  size_t opening_bytes_ = 0;
  uint8_t body_[kMaxBodyBytes] = {};
  size_t body_bytes_ = 0;
  size_t consumed_ = 0;
};

}  // namespace signalbox::test
