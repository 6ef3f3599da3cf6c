// What is measured of an encrypted link, one by one.
#pragma once

#include <string.h>

#include "core/opening.h"
#include "core/secure_channel.h"
#include "tests/secure_base.h"

namespace signalbox::test {

enum class Operation : uint8_t { kHandshake, kResumption, kSeal, kOpen };

class LinkCost {
 public:
  LinkCost() {
    base_.open([this] { answer(HandshakeKind::kFull); });
    memcpy(opening_, base_.opening(), base_.opening_bytes());
    opening_bytes_ = base_.opening_bytes();
    ticket_.secret = base_.ticket;
    base_.renew();
    base_.resume(base_.ticket, [this] { answer(HandshakeKind::kResume); });
  }

  // Whether everything so far went well; else the figures are worth nothing.
  bool is_good() const { return good_; }

  // Does the operation once; `message_bytes` is the size of the message in a frame.
  void perform(Operation operation, size_t message_bytes) {
    switch (operation) {
      case Operation::kHandshake:
        return expect(answer_opening(opening_ + kFrameHeaderBytes,
                                     opening_bytes_ - kFrameHeaderBytes, 0, protection_,
                                     tickets_, unit_.send, unit_.receive,
                                     said_) == OpeningEnd::kSecured);
      case Operation::kResumption:
        tickets_.put(ticket_);
        return expect(answer_opening(base_.opening() + kFrameHeaderBytes,
                                     base_.opening_bytes() - kFrameHeaderBytes, 0,
                                     protection_, tickets_, unit_.send, unit_.receive,
                                     said_) == OpeningEnd::kSecured);
      case Operation::kSeal:
        return expect(unit_.seal_frame(frame_, kFrameHeaderBytes + message_bytes) != 0);
      case Operation::kOpen:
        // No peer's frame, so that its tag is wrong: the same work, and no other.
        (void)unit_.open_body(frame_ + kFrameHeaderBytes, message_bytes + kTagBytes);
    }
  }

 private:
  void expect(bool good) { good_ = good_ && good; }
  void answer(HandshakeKind kind) {
    if (kind == HandshakeKind::kResume) tickets_.put(ticket_);
    expect(answer_opening(base_.opening() + kFrameHeaderBytes,
                          base_.opening_bytes() - kFrameHeaderBytes, 0, protection_,
                          tickets_, unit_.send, unit_.receive,
                          said_) == OpeningEnd::kSecured);
    uint8_t frame[kFrameHeaderBytes + kMaxOpeningAnswerBytes];
    write_header(frame, said_.size, LinkSecurity::kEncrypted);
    memcpy(frame + kFrameHeaderBytes, said_.body, said_.size);
    (void)base_.link.write(frame, kFrameHeaderBytes + said_.size);
  }

  FakeSecurity security_;
  LinkProtection protection_ = LinkProtection::encrypted(kTestKey, security_);
  TicketSlot tickets_;
  UnitTicket ticket_;
  SecureBase base_;
  SecureChannel unit_;
  OpeningAnswer said_;
  uint8_t opening_[kFrameHeaderBytes + kMaxOpeningAnswerBytes] = {};
  size_t opening_bytes_ = 0;
  uint8_t frame_[kMaxFrameBytes] = {};
  bool good_ = true;
};

}  // namespace signalbox::test
