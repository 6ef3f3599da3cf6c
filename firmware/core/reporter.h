// Reports of subscribed properties to the one authenticated peer.
#pragma once

#include "core/description.h"
#include "core/subscriptions.h"

namespace signalbox {

class Reporter {
 public:
  explicit Reporter(const UnitDescription& description) : description_(description) {}

  // A new peer begins without subscriptions; the sequence goes on.
  void clear() { subscriptions_.clear(); }

  Status subscribe(const Subscribe& request);
  void mark_changed(uint8_t pid) { subscriptions_.mark_changed(pid); }

  // Milliseconds until something is due; 0: now, kIdle: not before a change.
  uint32_t due_in(uint64_t now_ms) const { return subscriptions_.due_in(now_ms); }

  // Gathers due values that were measured at one time into the blank report. False when
  // none could be read.
  [[nodiscard]] bool fill(Report& report, uint64_t now_ms);

 private:
  const UnitDescription& description_;
  Subscriptions subscriptions_;
  uint32_t seq_ = 0;
};

}  // namespace signalbox
