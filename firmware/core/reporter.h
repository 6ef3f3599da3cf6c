// Takes samples of subscribed properties and reports them to the one authenticated peer
// (docs/unit-link.md sections 5.5 and 10). Reports are always read from the ring, so
// missed and new samples come in one order.
#pragma once

#include "core/description.h"
#include "core/sample_ring.h"
#include "core/subscriptions.h"

namespace signalbox {

class Reporter {
 public:
  explicit Reporter(const UnitDescription& description) : description_(description) {}

  // A new peer has no subscriptions, and gets only new samples.
  void begin_peer();
  // The subscriptions continue without it, into the ring.
  void end_peer() { begin_peer(); }

  Status subscribe(const Subscribe& request);
  // The peer resumes where an earlier one stopped. Returns the next sample that it gets.
  uint32_t resume(uint32_t after_seq);

  // Whether there is something unreported.
  bool keeps_samples() const { return cursor_ < ring_.next_seq(); }

  void mark_changed(uint8_t pid) { subscriptions_.mark_changed(pid); }

  // Milliseconds until a sample is due; 0: now, kIdle: not before a change.
  uint32_t due_in(uint64_t now_ms) const { return subscriptions_.due_in(now_ms); }
  void send_samples(uint64_t now_ms);

  // Collects the next values of one time into the blank report. False if everything was
  // reported.
  [[nodiscard]] bool fill(Report& report, uint64_t now_ms);

 private:
  bool is_for_peer(uint32_t seq) const;
  // Skips what is lost and what is not for the peer. False at the end.
  bool seek();
  [[nodiscard]] bool read_sample(uint32_t seq, uint64_t now_ms, Value& out) const;

  const UnitDescription& description_;
  Subscriptions subscriptions_;
  SampleRing ring_;
  uint32_t cursor_ = 1;   // the sample that is reported next
  bool resumed_ = false;  // the peer gets all there is, not only what it subscribed to
};

}  // namespace signalbox
