// One connected peer: its link, its bytes in both directions and how far it has come.
#pragma once

#include "core/frame_decoder.h"
#include "core/link.h"
#include "core/send_buffer.h"

namespace signalbox {

class Peer {
 public:
  // The way of a connection. A plain link begins at kAwaitingHello. An encrypted link
  // begins at kSecuring, where its handshake will be; none is defined yet, so nothing
  // gets past it (docs/unit-link.md section 7).
  enum class Stage : uint8_t { kFree, kSecuring, kAwaitingHello, kReady };

  enum class [[nodiscard]] Sent : uint8_t{kOk, kTooLarge, kNoRoom};

  void open(Link& link, LinkSecurity security, uint64_t now_ms);
  // Flushes what it can and lets go of the link.
  void close();
  // Says goodbye as far as the link takes it, then closes.
  void close(GoodbyeReason reason);

  Stage stage() const { return stage_; }
  bool is_free() const { return stage_ == Stage::kFree; }
  bool is_open() const { return !is_free() && link_->is_open(); }
  // The hello was accepted; bodies sent to this peer stay within `max_body_bytes`.
  void make_ready(uint32_t max_body_bytes);

  uint64_t connected_ms() const { return connected_ms_; }
  uint64_t heard_ms() const { return heard_ms_; }

  // Copies waiting bytes; remembers when the peer was heard.
  size_t read(uint8_t* into, size_t capacity, uint64_t now_ms);
  FrameDecoder& decoder() { return decoder_; }

  // Header and body leave in one write, as far as the link takes them.
  Sent send(const Envelope& envelope);
  // As send, but leaves with the next flush.
  Sent append(const Envelope& envelope);
  void flush();
  bool has_unsent() const { return !unsent_.empty(); }
  // Room for the largest answer: without it no request is begun.
  bool has_room_for_answer() const { return unsent_.room() >= kMaxSentFrameBytes; }

 private:
  Link* link_ = nullptr;
  Stage stage_ = Stage::kFree;
  uint32_t max_body_bytes_ = kMaxBodyBytes;
  uint64_t connected_ms_ = 0;
  uint64_t heard_ms_ = 0;
  FrameDecoder decoder_;
  SendBuffer unsent_;
};

// Writes a goodbye to a link that belongs to no peer, as far as the link takes it.
void say_goodbye(Link& link, GoodbyeReason reason);

}  // namespace signalbox
