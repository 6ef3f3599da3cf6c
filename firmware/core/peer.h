// One connected peer: its link, its bytes in both directions and how far it has come.
#pragma once

#include "core/frame_decoder.h"
#include "core/link.h"
#include "core/opening.h"
#include "core/secure_channel.h"
#include "core/send_buffer.h"

namespace signalbox {

class Peer {
 public:
  // The states of a connection. A plain link begins at kAwaitingHello, an encrypted one
  // at kSecuring; it has keys from its handshake on (docs/unit-link.md section 7).
  enum class Stage : uint8_t { kFree, kSecuring, kAwaitingHello, kReady };

  enum class [[nodiscard]] Sent : uint8_t{kOk, kTooLarge, kNoRoom};

  // Messages to it go through the buffer, which is its own until it is closed.
  void open(Link& link, LinkSecurity security, SendBuffer& unsent, uint64_t now_ms);
  // Flushes what it can, wipes the keys and releases the link.
  void close();
  // Says goodbye if the link accepts it, then closes.
  void close(GoodbyeReason reason);
  // Informs a peer that uses no encryption, unencrypted, that encryption is required.
  void close_unencrypted(GoodbyeReason reason);

  Stage stage() const { return stage_; }
  bool is_free() const { return stage_ == Stage::kFree; }
  bool is_open() const { return !is_free() && link_->is_open(); }
  // The hello was accepted; bodies sent to this peer stay within `max_body_bytes`. Bytes
  // that the link has not accepted yet move to the buffer, which is its own from now on.
  void make_ready(uint32_t max_body_bytes, SendBuffer& unsent);

  uint64_t connected_ms() const { return connected_ms_; }
  // 0: not known.
  uint32_t address() const { return is_free() ? 0 : link_->peer_address(); }
  bool has_spoken() const { return has_spoken_; }
  uint64_t heard_ms() const { return heard_ms_; }

  // Copies waiting bytes; records when the peer was heard.
  size_t read(uint8_t* into, size_t capacity, uint64_t now_ms);
  FrameDecoder& decoder() { return decoder_; }

  // Answers the frame just decoded, which arrives before there are keys. The stage ends
  // only if this returns kSecured.
  OpeningEnd secure(const LinkProtection& protection, TicketSlot& tickets,
                    uint64_t now_ms);
  // The message in the frame just decoded; its size is 0 if its tag is wrong. The first
  // valid one proves that the peer has the keys, and so validates its ticket.
  size_t open_message(TicketSlot& tickets);

  // Writes header and body at once, as far as the link accepts them.
  Sent send(const Envelope& envelope);
  // As send, but leaves with the next flush.
  Sent append(const Envelope& envelope);
  void flush();
  bool has_unsent() const { return !is_free() && !unsent_->empty(); }
  // Room for the largest answer: without it no request is started.
  bool has_room_for_answer() const {
    return unsent_->room() >=
           (stage_ == Stage::kReady ? kMaxSentFrameBytes : kMaxOpeningBytes);
  }

 private:
  // Before a hello: answers to one chunk of openings, keys among them, and a goodbye.
  static constexpr size_t kMaxOpeningBytes = 128;

  bool has_keys() const {
    return security_ == LinkSecurity::kEncrypted && stage_ != Stage::kSecuring;
  }
  void append_opening(const uint8_t* body, size_t size);

  Link* link_ = nullptr;
  Stage stage_ = Stage::kFree;
  LinkSecurity security_ = LinkSecurity::kPlain;
  bool has_ticket_ = false;
  bool has_spoken_ = false;
  uint32_t max_body_bytes_ = kMaxBodyBytes;
  uint64_t connected_ms_ = 0;
  uint64_t heard_ms_ = 0;
  FrameDecoder decoder_;
  SendBuffer* unsent_ = nullptr;  // while it is not free
  SecureChannel channel_;
  UnitTicket ticket_;
};

// Says on a link without a peer why it is closed, if the link accepts it.
void say_goodbye(Link& link, LinkSecurity security, GoodbyeReason reason);

}  // namespace signalbox
