#include "core/opening.h"

#include <string.h>

#include "core/frame.h"

namespace signalbox {
namespace {

constexpr uint8_t kRefusal = 3;
constexpr uint8_t kTicketRefused = 4;
constexpr size_t kMessageBytes = kKeyBytes + kTagBytes;
constexpr char kProtocol[] = "signalbox-unit-link";
constexpr size_t kProtocolBytes = sizeof kProtocol - 1;

// Mixed into each handshake, so that both sides mean the same kind and version of link.
class Prologue {
 public:
  Prologue(HandshakeKind kind, const uint8_t* ticket_id) {
    memcpy(bytes_, kProtocol, kProtocolBytes);
    uint8_t* form = bytes_ + kProtocolBytes;
    form[0] = kMagicEncrypted;
    form[1] = kFrameVersion;
    form[2] = static_cast<uint8_t>(kind);
    if (ticket_id == nullptr) return;
    memcpy(form + 3, ticket_id, kTicketIdBytes);
    size_ += kTicketIdBytes;
  }
  const uint8_t* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  uint8_t bytes_[kProtocolBytes + 3 + kTicketIdBytes];
  size_t size_ = kProtocolBytes + 3;
};

OpeningEnd shake_hands(const HandshakeSetup& setup, const uint8_t* message,
                       SecurityPort& port, NoiseCipher& send, NoiseCipher& receive,
                       OpeningAnswer& answer) {
  Handshake handshake(setup, port);
  answer.body[0] = static_cast<uint8_t>(setup.kind);
  if (!handshake.read(message, kMessageBytes, answer.body + 1) ||
      !handshake.write(nullptr, 0, answer.body + 1)) {
    return OpeningEnd::kWrongKey;
  }
  answer.size = 1 + kMessageBytes;
  handshake.finish(send, receive, answer.ticket.secret);
  return OpeningEnd::kSecured;
}

OpeningEnd resume(const uint8_t* id, uint64_t now_ms, SecurityPort& port,
                  TicketSlot& tickets, NoiseCipher& send, NoiseCipher& receive,
                  OpeningAnswer& answer) {
  const UnitTicket* ticket = tickets.find(id, now_ms);
  if (ticket == nullptr) {
    answer.body[0] = kTicketRefused;
    answer.size = 1;
    return OpeningEnd::kTicketRefused;
  }
  const Prologue prologue(HandshakeKind::kResume, id);
  const HandshakeSetup setup = {HandshakeKind::kResume, false, prologue.data(),
                                prologue.size(), ticket->secret.key};
  const OpeningEnd end =
      shake_hands(setup, id + kTicketIdBytes, port, send, receive, answer);
  if (end != OpeningEnd::kSecured) return end;
  answer.ticket.born_ms = ticket->born_ms;
  answer.ticket.uses = ticket->uses + 1;
  // Only now: an unauthenticated peer that saw its number must not be able to use it up.
  tickets.clear();
  return end;
}

}  // namespace

OpeningEnd answer_opening(const uint8_t* body, size_t size, uint64_t now_ms,
                          const LinkProtection& protection, TicketSlot& tickets,
                          NoiseCipher& send, NoiseCipher& receive,
                          OpeningAnswer& answer) {
  answer.size = 0;
  if (size == 1 + kMessageBytes &&
      body[0] == static_cast<uint8_t>(HandshakeKind::kFull)) {
    const Prologue prologue(HandshakeKind::kFull, nullptr);
    const HandshakeSetup setup = {HandshakeKind::kFull, false, prologue.data(),
                                  prologue.size(), protection.key};
    answer.ticket.born_ms = now_ms;
    answer.ticket.uses = 0;
    const LongComputation computation(*protection.port);
    return shake_hands(setup, body + 1, *protection.port, send, receive, answer);
  }
  if (size == 1 + kTicketIdBytes + kMessageBytes &&
      body[0] == static_cast<uint8_t>(HandshakeKind::kResume)) {
    return resume(body + 1, now_ms, *protection.port, tickets, send, receive, answer);
  }
  return OpeningEnd::kMalformed;
}

void write_refusal(uint8_t (&body)[kRefusalBytes], GoodbyeReason reason) {
  body[0] = kRefusal;
  body[1] = static_cast<uint8_t>(reason);
}

}  // namespace signalbox
