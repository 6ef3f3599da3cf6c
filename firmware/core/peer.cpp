#include "core/peer.h"

namespace signalbox {
namespace {

// envelope { goodbye { reason } }: at most two bytes of message in two of envelope.
constexpr size_t kGoodbyeFrameBytes = kFrameHeaderBytes + 4;

size_t encode_goodbye(GoodbyeReason reason, uint8_t (&into)[kGoodbyeFrameBytes]) {
  const uint8_t tag_of_goodbye = signalbox_unitlink_v1_Envelope_goodbye_tag << 3 | 2;
  const uint8_t tag_of_reason = signalbox_unitlink_v1_Goodbye_reason_tag << 3;
  write_plain_header(into, 4);
  into[4] = tag_of_goodbye;
  into[5] = 2;
  into[6] = tag_of_reason;
  into[7] = static_cast<uint8_t>(reason);
  return kGoodbyeFrameBytes;
}

}  // namespace

void Peer::open(Link& link, LinkSecurity security, uint64_t now_ms) {
  link_ = &link;
  stage_ = security == LinkSecurity::kPlain ? Stage::kAwaitingHello : Stage::kSecuring;
  max_body_bytes_ = kMaxBodyBytes;
  connected_ms_ = now_ms;
  heard_ms_ = now_ms;
  decoder_.reset(security);
  unsent_.clear();
}

void Peer::close() {
  if (is_free()) return;
  flush();
  link_->close();
  link_ = nullptr;
  stage_ = Stage::kFree;
  unsent_.clear();
}

void Peer::close(GoodbyeReason reason) {
  if (is_free()) return;
  if (unsent_.room() >= kGoodbyeFrameBytes) {
    uint8_t frame[kGoodbyeFrameBytes];
    const size_t size = encode_goodbye(reason, frame);
    memcpy(unsent_.tail(), frame, size);
    unsent_.append(size);
  }
  close();
}

void Peer::make_ready(uint32_t max_body_bytes) {
  stage_ = Stage::kReady;
  // A base that names no limit takes what the document allows.
  max_body_bytes_ = max_body_bytes == 0 ? kMaxBodyBytes : max_body_bytes;
}

size_t Peer::read(uint8_t* into, size_t capacity, uint64_t now_ms) {
  const size_t count = link_->read(into, capacity);
  if (count > 0) heard_ms_ = now_ms;
  return count;
}

Peer::Sent Peer::send(const Envelope& envelope) {
  const Sent sent = append(envelope);
  if (sent == Sent::kOk) flush();
  return sent;
}

Peer::Sent Peer::append(const Envelope& envelope) {
  const size_t size = encode_plain_frame(envelope, unsent_.tail(), unsent_.room());
  if (size == 0) return Sent::kNoRoom;
  if (size - kFrameHeaderBytes > max_body_bytes_) return Sent::kTooLarge;
  unsent_.append(size);
  return Sent::kOk;
}

void Peer::flush() {
  if (unsent_.empty()) return;
  unsent_.consume(link_->write(unsent_.data(), unsent_.size()));
}

void say_goodbye(Link& link, GoodbyeReason reason) {
  uint8_t frame[kGoodbyeFrameBytes];
  const size_t size = encode_goodbye(reason, frame);
  // A link that does not even take these few bytes closes without them.
  (void)link.write(frame, size);
}

}  // namespace signalbox
