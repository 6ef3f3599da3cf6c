// Takes samples of subscribed properties and tells them to the one authenticated peer
// (docs/unit-link.md sections 5.5 and 10). What is told is always read from the ring, so
// what was missed and what is news come in one order.
#pragma once

#include "core/description.h"
#include "core/sample_ring.h"
#include "core/subscriptions.h"

namespace signalbox {

class Reporter {
 public:
  explicit Reporter(const UnitDescription& description) : description_(description) {}

  // A peer said hello: it has subscribed to nothing, and hears only what comes.
  void begin_peer();
  // The subscriptions go on without it, into the ring.
  void end_peer() { begin_peer(); }

  Status subscribe(const Subscribe& request);
  // The peer goes on where one before it ceased. Yields the sample that it gets next.
  uint32_t resume(uint32_t after_seq);

  // Whether there is something that no peer has been told.
  bool keeps_samples() const { return cursor_ < ring_.next_seq(); }

  void mark_changed(uint8_t pid) { subscriptions_.mark_changed(pid); }

  // Milliseconds until a sample is due; 0: now, kIdle: not before a change.
  uint32_t due_in(uint64_t now_ms) const { return subscriptions_.due_in(now_ms); }
  void send_samples(uint64_t now_ms);

  // Gathers the next values that were measured at one time into the blank report. False
  // when the peer has been told everything.
  [[nodiscard]] bool fill(Report& report, uint64_t now_ms);

 private:
  bool is_for_peer(uint32_t seq) const;
  // Moves over what is lost and what is not for the peer. False at the end.
  bool seek();
  [[nodiscard]] bool read_sample(uint32_t seq, uint64_t now_ms, Value& out) const;

  const UnitDescription& description_;
  Subscriptions subscriptions_;
  SampleRing ring_;
  uint32_t cursor_ = 1;   // the sample that the peer is told next
  bool resumed_ = false;  // the peer gets all there is, not only what it subscribed to
};

}  // namespace signalbox
