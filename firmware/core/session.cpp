#include "core/session.h"

namespace signalbox {
namespace {

// Bytes read from a link at a time. The shortest request is a frame of 8 bytes and its
// answer "busy" one of 10, so even a chunk full of them fits the room reserved for
// answers.
constexpr size_t kReadChunkBytes = 256;
static_assert(kReadChunkBytes / 8 * 10 <= AnswerBuffer::kCapacity - kMaxSentFrameBytes,
              "busy answers to one chunk must fit");

// Section 11.2: it is answered when its signature has been checked.
bool is_offer(pb_size_t which) {
  return which == signalbox_unitlink_v1_Envelope_update_begin_tag;
}

// Section 11.4: what a unit in safe mode supports besides updates.
bool is_served_in_safe_mode(pb_size_t which) {
  return which == signalbox_unitlink_v1_Envelope_ping_tag ||
         which == signalbox_unitlink_v1_Envelope_hello_tag || is_offer(which) ||
         which == signalbox_unitlink_v1_Envelope_update_status_tag;
}

}  // namespace

Session::Session(const UnitIdentity& identity, const UnitDescription& description,
                 Dispatcher& dispatcher, WallClock& clock,
                 const LinkProtection& protection)
    : identity_(identity),
      description_(description),
      dispatcher_(dispatcher),
      clock_(clock),
      protection_(protection),
      reporter_(description) {}

void Session::accept(Link& link, uint64_t now_ms) {
  // The previous one may have sent hello or gone without having been read yet.
  read_from(*candidate_, now_ms);
  const LinkSecurity security =
      protection_.is_encrypted() ? LinkSecurity::kEncrypted : LinkSecurity::kPlain;
  if (!candidate_->is_free() && gives_way(*candidate_, link, now_ms)) {
    candidate_->close(GoodbyeReason::kBusy);
  }
  if (candidate_->is_free()) {
    // However the one before ended, it was not with a hello.
    unauthenticated_.add(candidate_address_);
    candidate_address_ = link.peer_address();
    return candidate_->open(link, security, openings_, now_ms);
  }
  say_goodbye(link, security, GoodbyeReason::kBusy);
  link.close();
}

// The address is only a hint as to who deserves the place: it proves nothing, and grants
// none of the rights of a key.
bool Session::gives_way(const Peer& unauthenticated, const Link& incoming,
                        uint64_t now_ms) const {
  if (base_address_ != 0) {
    if (unauthenticated.address() == base_address_) {
      if (incoming.peer_address() != base_address_) return false;
    } else if (incoming.peer_address() == base_address_) {
      return true;
    }
  }
  // Who keeps knocking must not win the place again each time that it is free.
  const bool is_known_unauthenticated = unauthenticated_.has(unauthenticated.address());
  if (is_known_unauthenticated != unauthenticated_.has(incoming.peer_address())) {
    return is_known_unauthenticated;
  }
  const uint64_t since_ms = now_ms - unauthenticated.connected_ms();
  return since_ms >= (unauthenticated.has_spoken() ? kSlowPeerMs : kSilentPeerMs);
}

uint32_t Session::poll(uint64_t now_ms) {
  const bool was_stuck = active_->has_unsent();
  active_->flush();
  candidate_->flush();
  const bool came_loose = was_stuck && !active_->has_unsent();
  read_from(*active_, now_ms);
  read_from(*candidate_, now_ms);
  drop_if_overdue(now_ms);
  const bool answered = answer_next(now_ms);
  reporter_.send_samples(now_ms);
  const bool has_more = send_reports(now_ms);
  // An execution, or room for events, may have given a capability something to do.
  return answered || came_loose || has_more ? 0 : next_call_in(now_ms);
}

void Session::close_all(GoodbyeReason reason) {
  candidate_->close(reason);
  close_active(reason);
}

void Session::drop_if_overdue(uint64_t now_ms) {
  if (!candidate_->is_free() && now_ms - candidate_->connected_ms() >= kHelloTimeoutMs) {
    candidate_->close(GoodbyeReason::kNoHello);
  }
  if (!active_->is_free() && now_ms - active_->heard_ms() >= kSilenceTimeoutMs) {
    close_active(GoodbyeReason::kSilent);
  }
}

void Session::read_from(Peer& peer, uint64_t now_ms) {
  if (peer.is_free()) return;
  // No further requests are read from a peer that does not read its answers.
  if (!peer.has_room_for_answer()) return;
  uint8_t chunk[kReadChunkBytes];
  const uint8_t* data = chunk;
  size_t size = peer.read(chunk, sizeof chunk, now_ms);
  const bool gone = size == 0 && !peer.is_open();
  while (size > 0 && !peer.is_free()) {
    switch (peer.decoder().feed(data, size)) {
      case FrameDecoder::Progress::kNeedMore:
        break;
      case FrameDecoder::Progress::kFrame:
        receive_body(peer, now_ms);
        break;
      case FrameDecoder::Progress::kError:
        return refuse_frame(peer, peer.decoder().error());
    }
  }
  if (!gone) return;
  if (&peer == active_) forget_dialogue();
  peer.close();
}

void Session::receive_body(Peer& peer, uint64_t now_ms) {
  if (peer.stage() == Peer::Stage::kSecuring) return receive_opening(peer, now_ms);
  const size_t size = peer.open_message(tickets_);
  if (size == 0) return refuse_frame(peer, FrameError::kBadTag);
  const Decoded decoded = decode_envelope(peer.decoder().body(), size, message_);
  if (decoded == Decoded::kMalformed) return refuse_frame(peer, FrameError::kBadMessage);
  switch (peer.stage()) {
    case Peer::Stage::kAwaitingHello:
      return receive_hello(peer, now_ms);
    case Peer::Stage::kReady:
      return receive_message(peer, decoded, now_ms);
    case Peer::Stage::kSecuring:
    case Peer::Stage::kFree:
      return peer.close(GoodbyeReason::kProtocolError);
  }
}

// Section 7.2.
void Session::receive_opening(Peer& peer, uint64_t now_ms) {
  const bool is_resumed =
      peer.decoder().body()[0] == static_cast<uint8_t>(HandshakeKind::kResume);
  switch (peer.secure(protection_, tickets_, now_ms)) {
    case OpeningEnd::kSecured:
      ++(is_resumed ? counters_.resumptions : counters_.handshakes);
      return;
    case OpeningEnd::kTicketRefused:
      return;
    case OpeningEnd::kWrongKey:
      ++counters_.frame_errors[static_cast<size_t>(FrameError::kBadHandshake)];
      return peer.close(GoodbyeReason::kWrongKey);
    case OpeningEnd::kMalformed:
      return refuse_frame(peer, FrameError::kBadHandshake);
  }
}

// Section 4.
void Session::receive_hello(Peer& peer, uint64_t now_ms) {
  const Hello& hello = message_.body.hello;
  if (message_.which_body != signalbox_unitlink_v1_Envelope_hello_tag ||
      hello.which_identity != signalbox_unitlink_v1_Hello_base_tag ||
      message_.request_id == 0) {
    return peer.close(GoodbyeReason::kProtocolError);
  }
  if (hello.protocol_min > kProtocolVersion || hello.protocol_max < kProtocolVersion) {
    return peer.close(GoodbyeReason::kVersion);
  }
  const uint32_t request_id = message_.request_id;
  const uint32_t max_body_bytes = hello.max_body_bytes;
  base_address_ = peer.address();
  unauthenticated_.remove(base_address_);
  candidate_address_ = 0;
  ++hellos_;
  if (!active_->is_free()) {
    ++counters_.takeovers;
    close_active(GoodbyeReason::kTakenOver);
  }
  // The buffer of the one before is free by now.
  peer.make_ready(max_body_bytes, answers_);
  candidate_ = active_;
  active_ = &peer;
  reporter_.begin_peer();

  fill_hello(identity_, description_.schema_hash(), now_ms,
             compose(request_id, signalbox_unitlink_v1_Envelope_hello_tag).body.hello);
  if (updates_ != nullptr) {
    message_.body.hello.identity.unit.unconfirmed = !updates_->guard().is_confirmed();
    if (protection_.is_encrypted()) updates_->guard().heard_base();
  }
  send(peer, message_);
}

void Session::receive_message(Peer& peer, Decoded decoded, uint64_t now_ms) {
  if (decoded == Decoded::kMessage) {
    switch (message_.which_body) {
      case signalbox_unitlink_v1_Envelope_time_tag:
        // Section 9: a time that cannot be is ignored.
        if (clock_.set(message_.body.time.epoch_ms, now_ms, ClockSource::kBase)) {
          clock_.set_utc_offset(message_.body.time.utc_offset_minutes);
        }
        return;
      case signalbox_unitlink_v1_Envelope_goodbye_tag:
        forget_dialogue();
        return peer.close();
      default:
        if (!is_request(message_.which_body)) return;
    }
  }
  if (message_.request_id != 0) enqueue(peer, now_ms);
}

void Session::enqueue(Peer& peer, uint64_t now_ms) {
  if (queue_.full()) {
    ++counters_.requests_refused_busy;
    set_status(compose_result(message_.request_id), Status::kBusy);
    return send(peer, message_);
  }
  if (updates_ != nullptr) accept_update();
  queue_.push(message_, now_ms);
}

// An update request is executed when it arrives, and its answer is queued; the offer of
// an update is queued itself.
void Session::accept_update() {
  UpdateStatus status = {};
  if (updates_->accept(message_, protection_.is_encrypted(), status) !=
      UpdateReceiver::Accepted::kAnswered) {
    return;
  }
  compose(message_.request_id, signalbox_unitlink_v1_Envelope_update_status_tag)
      .body.update_status = status;
}

void Session::refuse_frame(Peer& peer, FrameError error) {
  ++counters_.frame_errors[static_cast<size_t>(error)];
  if (&peer == active_) forget_dialogue();
  // Once there are keys, unencrypted bytes are not from this peer.
  if (peer.stage() == Peer::Stage::kSecuring &&
      error == FrameError::kEncryptionMismatch) {
    return peer.close_unencrypted(GoodbyeReason::kEncryptionRequired);
  }
  peer.close(GoodbyeReason::kProtocolError);
}

void Session::close_active(GoodbyeReason reason) {
  forget_dialogue();
  active_->close(reason);
}

void Session::forget_dialogue() {
  queue_.clear();
  if (updates_ != nullptr) updates_->forget_offer();
  reporter_.end_peer();
}

bool Session::answer_next(uint64_t now_ms) {
  if (queue_.empty() || !active_->has_room_for_answer()) return false;
  if (updates_ != nullptr && is_offer(queue_.front().which) &&
      !updates_->is_offer_decided()) {
    return false;
  }
  execute(queue_.front(), now_ms);
  queue_.pop();
  ++counters_.requests_done;
  send(*active_, message_);
  return true;
}

void Session::execute(const Request& request, uint64_t now_ms) {
  if (identity_.safe_mode && !is_served_in_safe_mode(request.which)) {
    return set_status(compose_result(request.id), Status::kUnsupported);
  }
  switch (request.which) {
    case signalbox_unitlink_v1_Envelope_describe_tag: {
      Envelope& answer =
          compose(request.id, signalbox_unitlink_v1_Envelope_description_tag);
      if (!description_.describe(request.body.describe.index, answer.body.description)) {
        set_status(compose_result(request.id), Status::kOutOfRange);
      }
      return;
    }
    case signalbox_unitlink_v1_Envelope_read_tag:
      return dispatcher_.read(request.body.read.pid, now_ms, compose_result(request.id));
    case signalbox_unitlink_v1_Envelope_write_tag:
      return dispatcher_.write(request.body.write, request.arrived_ms, now_ms,
                               compose_result(request.id));
    case signalbox_unitlink_v1_Envelope_invoke_tag:
      return dispatcher_.invoke(request.body.invoke, request.arrived_ms, now_ms,
                                compose_result(request.id));
    case signalbox_unitlink_v1_Envelope_subscribe_tag:
      return set_status(compose_result(request.id),
                        reporter_.subscribe(request.body.subscribe));
    case signalbox_unitlink_v1_Envelope_resume_tag:
      compose(request.id, signalbox_unitlink_v1_Envelope_resumed_tag)
          .body.resumed.next_seq = reporter_.resume(request.body.resume.after_seq);
      return;
    case signalbox_unitlink_v1_Envelope_ping_tag:
      compose(request.id, signalbox_unitlink_v1_Envelope_pong_tag).body.pong.uptime_ms =
          now_ms;
      return;
    case signalbox_unitlink_v1_Envelope_update_status_tag:
      compose(request.id, request.which).body.update_status = request.body.update_status;
      return;
    case signalbox_unitlink_v1_Envelope_update_begin_tag:
      if (updates_ == nullptr) {
        return set_status(compose_result(request.id), Status::kUnsupported);
      }
      return updates_->answer_offer(
          compose(request.id, signalbox_unitlink_v1_Envelope_update_status_tag)
              .body.update_status);
    case signalbox_unitlink_v1_Envelope_hello_tag:  // only the first message may be one
      return set_status(compose_result(request.id), Status::kBadRequest);
    default:
      return set_status(compose_result(request.id), Status::kUnsupported);
  }
}

bool Session::send_reports(uint64_t now_ms) {
  // Reports wait in the ring while earlier bytes do. As many as leave room for an answer
  // share one write; between two writes requests are read and answered.
  if (active_->is_free() || active_->has_unsent()) return false;
  while (active_->has_room_for_answer()) {
    Envelope& message = compose(0, signalbox_unitlink_v1_Envelope_report_tag);
    if (!reporter_.fill(message.body.report, now_ms)) {
      active_->flush();
      return false;
    }
    // A report that is too large for the peer is dropped; the next `seq` shows it.
    (void)active_->append(message);
  }
  active_->flush();
  return !active_->has_unsent();
}

bool Session::can_send_event() const {
  return !active_->is_free() && !active_->has_unsent();
}

void Session::emit_event(uint8_t pid, const Value* data, uint64_t uptime_ms) {
  ++event_seq_;
  if (active_->is_free()) return;
  signalbox_unitlink_v1_Event& event =
      compose(0, signalbox_unitlink_v1_Envelope_event_tag).body.event;
  event.seq = event_seq_;
  event.uptime_ms = uptime_ms;
  event.pid = pid;
  event.has_data = data != nullptr;
  if (data != nullptr) event.data = *data;
  send(*active_, message_);
}

uint32_t Session::next_call_in(uint64_t now_ms) const {
  uint32_t next = kIdle;
  const auto sooner = [&](uint64_t due_ms) {
    const uint64_t in_ms = due_ms > now_ms ? due_ms - now_ms : 0;
    if (in_ms < next) next = static_cast<uint32_t>(in_ms);
  };
  if (!candidate_->is_free()) sooner(candidate_->connected_ms() + kHelloTimeoutMs);
  if (!active_->is_free()) sooner(active_->heard_ms() + kSilenceTimeoutMs);
  // With bytes unsent the link has to become writable first; the shell watches for it.
  if (!active_->is_free() && !active_->has_unsent() && !queue_.empty()) return 0;
  const uint32_t sample_in = reporter_.due_in(now_ms);
  if (sample_in < next) next = sample_in;
  return next;
}

Envelope& Session::compose(uint32_t request_id, pb_size_t which) {
  memset(&message_, 0, sizeof message_);
  message_.request_id = request_id;
  message_.which_body = which;
  return message_;
}

Result& Session::compose_result(uint32_t request_id) {
  return compose(request_id, signalbox_unitlink_v1_Envelope_result_tag).body.result;
}

void Session::send(Peer& peer, const Envelope& envelope) {
  const uint32_t request_id = envelope.request_id;
  switch (peer.send(envelope)) {
    case Peer::Sent::kOk:
      return;
    case Peer::Sent::kTooLarge:
      // Longer than the peer accepts. Unsolicited messages are dropped.
      if (request_id == 0) return;
      set_status(compose_result(request_id), Status::kNoMemory);
      if (peer.send(message_) == Peer::Sent::kOk) return;
      break;
    case Peer::Sent::kNoRoom:
      break;
  }
  if (&peer == active_) forget_dialogue();
  peer.close();
}

}  // namespace signalbox
