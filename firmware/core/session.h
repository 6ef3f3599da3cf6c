// The unit's side of the unit link (docs/unit-link.md): who may connect, in which order
// requests are answered, and what is reported. One object serves all connections of a
// unit.
#pragma once

#include "core/dispatcher.h"
#include "core/notifier.h"
#include "core/peer.h"
#include "core/reporter.h"
#include "core/unauthenticated_peers.h"
#include "core/unit_identity.h"
#include "core/update_receiver.h"
#include "core/wall_clock.h"

namespace signalbox {

constexpr uint32_t kHelloTimeoutMs = 5000;     // section 1.3
constexpr uint32_t kSilenceTimeoutMs = 60000;  // section 1.5
// An unauthenticated peer is evicted for an incoming connection when it has been silent
// this long, or without hello this long (section 1.4).
constexpr uint32_t kSilentPeerMs = 500;
constexpr uint32_t kSlowPeerMs = 2000;

struct SessionCounters {
  uint32_t frame_errors[kFrameErrorCount] = {};  // by FrameError
  uint32_t requests_done = 0;
  uint32_t requests_refused_busy = 0;
  uint32_t takeovers = 0;
  uint32_t handshakes = 0;  // full ones that were answered
  uint32_t resumptions = 0;
};

class Session final : public Notifier {
 public:
  Session(const UnitIdentity& identity, const UnitDescription& description,
          Dispatcher& dispatcher, WallClock& clock, const LinkProtection& protection);

  // Requests of section 11 go to it from now on; without it they are unsupported.
  void enable_updates(UpdateReceiver& updates) { updates_ = &updates; }

  // A peer has connected. The link stays the session's until it closes it.
  void accept(Link& link, uint64_t now_ms);

  // Reads, answers at most one request, samples, reports. Never blocks. Returns the
  // milliseconds until it must be called again even if no byte arrives; 0: more to do
  // now.
  uint32_t poll(uint64_t now_ms);

  // Says goodbye to all peers and closes their links.
  void close_all(GoodbyeReason reason);

  // True when every answer has been handed to the link.
  bool is_flushed() const { return queue_.empty() && !active_->has_unsent(); }

  const SessionCounters& counters() const { return counters_; }

  void property_changed(uint8_t pid) override { reporter_.mark_changed(pid); }
  bool has_listener() const override { return !active_->is_free(); }
  bool keeps_samples() const { return active_->is_free() && reporter_.keeps_samples(); }
  uint32_t hellos() const override { return hellos_; }
  void dismiss_peers() override { close_all(GoodbyeReason::kDone); }
  bool can_send_event() const override;
  void emit_event(uint8_t pid, const Value* data, uint64_t uptime_ms) override;
  void lose_event() override { ++event_seq_; }

 private:
  bool gives_way(const Peer& unauthenticated, const Link& incoming,
                 uint64_t now_ms) const;
  void drop_if_overdue(uint64_t now_ms);
  void read_from(Peer& peer, uint64_t now_ms);
  void receive_body(Peer& peer, uint64_t now_ms);
  void receive_opening(Peer& peer, uint64_t now_ms);
  void receive_hello(Peer& peer, uint64_t now_ms);
  void receive_message(Peer& peer, Decoded decoded, uint64_t now_ms);
  void enqueue(Peer& peer, uint64_t now_ms);
  void accept_update();
  void refuse_frame(Peer& peer, FrameError error);
  void close_active(GoodbyeReason reason);
  void forget_dialogue();

  [[nodiscard]] bool answer_next(uint64_t now_ms);
  void execute(const Request& request, uint64_t now_ms);
  // True when more is left for the next turn.
  [[nodiscard]] bool send_reports(uint64_t now_ms);
  uint32_t next_call_in(uint64_t now_ms) const;

  // Blank message to fill; replaces what the last one held.
  Envelope& compose(uint32_t request_id, pb_size_t which);
  Result& compose_result(uint32_t request_id);
  void send(Peer& peer, const Envelope& envelope);

  const UnitIdentity& identity_;
  const UnitDescription& description_;
  Dispatcher& dispatcher_;
  WallClock& clock_;
  const LinkProtection protection_;
  UpdateReceiver* updates_ = nullptr;

  AnswerBuffer answers_;    // of the active peer
  OpeningBuffer openings_;  // of the candidate
  Peer peers_[2];
  Peer* active_ = &peers_[0];     // authenticated, or free
  Peer* candidate_ = &peers_[1];  // not authenticated yet, or free
  RequestQueue queue_;            // of the active peer
  Reporter reporter_;  // samples, and which of them are reported to the active peer
  uint32_t event_seq_ = 0;
  uint32_t hellos_ = 0;
  TicketSlot tickets_;
  uint32_t base_address_ = 0;  // where the last authenticated peer came from
  // The origin of the last peer that got the free slot; 0 once it has sent hello.
  uint32_t candidate_address_ = 0;
  UnauthenticatedPeers unauthenticated_;
  SessionCounters counters_;
  Envelope message_ = {};  // the one message being read or written
};

}  // namespace signalbox
