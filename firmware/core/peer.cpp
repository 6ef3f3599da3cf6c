#include "core/peer.h"

#include "core/wipe.h"

namespace signalbox {
namespace {

// envelope { goodbye { reason } }: at most two bytes of message in two of envelope.
constexpr size_t kGoodbyeFrameBytes = kFrameHeaderBytes + 4;
constexpr size_t kRefusalFrameBytes = kFrameHeaderBytes + kRefusalBytes;

size_t write_goodbye(GoodbyeReason reason, uint8_t* into) {
  const uint8_t tag_of_goodbye = signalbox_unitlink_v1_Envelope_goodbye_tag << 3 | 2;
  const uint8_t tag_of_reason = signalbox_unitlink_v1_Goodbye_reason_tag << 3;
  write_header(into, 4, LinkSecurity::kPlain);
  into[4] = tag_of_goodbye;
  into[5] = 2;
  into[6] = tag_of_reason;
  into[7] = static_cast<uint8_t>(reason);
  return kGoodbyeFrameBytes;
}

size_t write_refusal_frame(GoodbyeReason reason, uint8_t* into) {
  write_header(into, kRefusalBytes, LinkSecurity::kEncrypted);
  uint8_t body[kRefusalBytes];
  write_refusal(body, reason);
  memcpy(into + kFrameHeaderBytes, body, sizeof body);
  return kRefusalFrameBytes;
}

}  // namespace

void Peer::open(Link& link, LinkSecurity security, SendBuffer& unsent, uint64_t now_ms) {
  link_ = &link;
  unsent_ = &unsent;
  security_ = security;
  stage_ = security == LinkSecurity::kPlain ? Stage::kAwaitingHello : Stage::kSecuring;
  max_body_bytes_ = kMaxBodyBytes;
  connected_ms_ = now_ms;
  heard_ms_ = now_ms;
  has_spoken_ = false;
  decoder_.reset(security);
  unsent_->clear();
}

void Peer::close() {
  if (is_free()) return;
  flush();
  link_->close();
  link_ = nullptr;
  stage_ = Stage::kFree;
  unsent_->clear();
  unsent_ = nullptr;
  channel_.wipe_keys();
  has_ticket_ = false;
  wipe(&ticket_.secret, sizeof ticket_.secret);
}

void Peer::close(GoodbyeReason reason) {
  if (is_free()) return;
  if (unsent_->room() >= kGoodbyeFrameBytes + kTagBytes) {
    uint8_t* frame = unsent_->tail();
    if (stage_ == Stage::kSecuring) {
      unsent_->append(write_refusal_frame(reason, frame));
    } else {
      const size_t size = write_goodbye(reason, frame);
      unsent_->append(has_keys() ? channel_.seal_frame(frame, size) : size);
    }
  }
  close();
}

void Peer::close_unencrypted(GoodbyeReason reason) {
  if (is_free()) return;
  if (unsent_->room() >= kGoodbyeFrameBytes) {
    unsent_->append(write_goodbye(reason, unsent_->tail()));
  }
  close();
}

void Peer::make_ready(uint32_t max_body_bytes, SendBuffer& unsent) {
  unsent.move_from(*unsent_);
  unsent_ = &unsent;
  stage_ = Stage::kReady;
  // A base that gives no limit gets the documented one.
  max_body_bytes_ = max_body_bytes == 0 ? kMaxBodyBytes : max_body_bytes;
}

size_t Peer::read(uint8_t* into, size_t capacity, uint64_t now_ms) {
  const size_t count = link_->read(into, capacity);
  if (count == 0) return 0;
  heard_ms_ = now_ms;
  has_spoken_ = true;
  return count;
}

OpeningEnd Peer::secure(const LinkProtection& protection, TicketSlot& tickets,
                        uint64_t now_ms) {
  OpeningAnswer answer;
  const OpeningEnd end =
      answer_opening(decoder_.body(), decoder_.body_bytes(), now_ms, protection, tickets,
                     channel_.send, channel_.receive, answer);
  append_opening(answer.body, answer.size);
  if (end != OpeningEnd::kSecured) return end;
  stage_ = Stage::kAwaitingHello;
  ticket_ = answer.ticket;
  has_ticket_ = true;
  return end;
}

void Peer::append_opening(const uint8_t* body, size_t size) {
  if (size == 0 || unsent_->room() < kFrameHeaderBytes + size) return;
  write_header(unsent_->tail(), size, LinkSecurity::kEncrypted);
  memcpy(unsent_->tail() + kFrameHeaderBytes, body, size);
  unsent_->append(kFrameHeaderBytes + size);
  flush();
}

size_t Peer::open_message(TicketSlot& tickets) {
  if (security_ == LinkSecurity::kPlain) return decoder_.body_bytes();
  const size_t size = channel_.open_body(decoder_.body(), decoder_.body_bytes());
  if (size > 0 && has_ticket_) {
    tickets.put(ticket_);
    has_ticket_ = false;
    wipe(&ticket_.secret, sizeof ticket_.secret);
  }
  return size;
}

Peer::Sent Peer::send(const Envelope& envelope) {
  const Sent sent = append(envelope);
  if (sent == Sent::kOk) flush();
  return sent;
}

Peer::Sent Peer::append(const Envelope& envelope) {
  const size_t overhead = has_keys() ? kTagBytes : 0;
  if (unsent_->room() < overhead) return Sent::kNoRoom;
  uint8_t* frame = unsent_->tail();
  size_t size = encode_plain_frame(envelope, frame, unsent_->room() - overhead);
  if (size == 0) return Sent::kNoRoom;
  if (size - kFrameHeaderBytes + overhead > max_body_bytes_) return Sent::kTooLarge;
  if (has_keys()) size = channel_.seal_frame(frame, size);
  // Keys that may not be used any more end the link.
  if (size == 0) return Sent::kNoRoom;
  unsent_->append(size);
  return Sent::kOk;
}

void Peer::flush() {
  if (!has_unsent()) return;
  unsent_->consume(link_->write(unsent_->data(), unsent_->size()));
}

void say_goodbye(Link& link, LinkSecurity security, GoodbyeReason reason) {
  uint8_t frame[kGoodbyeFrameBytes];
  const size_t size = security == LinkSecurity::kPlain
                          ? write_goodbye(reason, frame)
                          : write_refusal_frame(reason, frame);
  // A link that does not even accept these few bytes closes without them.
  (void)link.write(frame, size);
}

}  // namespace signalbox
