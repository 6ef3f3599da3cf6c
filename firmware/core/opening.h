// Messages on an encrypted link before it has keys (docs/unit-link.md section 7.2).
#pragma once

#include "core/link_key.h"
#include "core/ticket_slot.h"
#include "core/wire.h"

namespace signalbox {

// The longest answer to an opening: its first byte and a message without payload.
constexpr size_t kMaxOpeningAnswerBytes = 1 + kKeyBytes + kTagBytes;

enum class [[nodiscard]] OpeningEnd : uint8_t{
    kSecured,        // the answer is the second message; the ciphers are ready
    kTicketRefused,  // the peer may still shake hands in full
    kWrongKey,
    kMalformed,
};

struct OpeningAnswer {
  uint8_t body[kMaxOpeningAnswerBytes];
  size_t size = 0;
  UnitTicket ticket;  // good once the peer has proved that it has the keys
};

// Answers the body of a base's first frame. Does two multiplications on the curve if the
// handshake is a full one.
OpeningEnd answer_opening(const uint8_t* body, size_t size, uint64_t now_ms,
                          const LinkProtection& protection, TicketSlot& tickets,
                          NoiseCipher& send, NoiseCipher& receive, OpeningAnswer& answer);

// The two-byte body by which a unit refuses a peer that has no keys yet.
constexpr size_t kRefusalBytes = 2;
void write_refusal(uint8_t (&body)[kRefusalBytes], GoodbyeReason reason);

}  // namespace signalbox
