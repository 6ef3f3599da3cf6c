// A whole unit: its capabilities, their description, the dispatcher and the session. The
// shell provides links and time.
#pragma once

#include "core/restart.h"
#include "core/session.h"

namespace signalbox {

class Unit final : public OutputWatch {
 public:
  // All arguments outlive the unit, and so does the key of its protection.
  Unit(const UnitIdentity& identity, Capability* const* capabilities,
       size_t capability_count, WallClock& clock, const RestartRequest& restart,
       const LinkProtection& protection);

  // The outcome of each command is reported to the observer, which outlives the unit.
  void observe(CommandObserver& observer) { dispatcher_.observe(observer); }

  // Lets bases update its firmware. The receiver outlives the unit.
  void enable_updates(UpdateReceiver& updates);

  void accept(Link& link, uint64_t now_ms) { session_.accept(link, now_ms); }

  // `now_ms` is the uptime. Returns the milliseconds until the next call is needed,
  // provided that no byte arrives before; 0: at once, kIdle: none.
  uint32_t poll(uint64_t now_ms);

  // True once a requested restart may run: its answer has been sent and the peers have
  // had their goodbye. The shell then restarts the board.
  bool ready_to_restart() const { return ready_to_restart_; }

  // For the shell's recovery: whether an authenticated peer is connected, and whether an
  // output is on that a reboot would switch off.
  bool has_peer() const { return session_.has_listener(); }
  bool holds_output() const override;
  // Samples wait for a base that went away.
  bool keeps_samples() const { return session_.keeps_samples(); }

  // Closes in good order.
  void shut_down() { session_.close_all(GoodbyeReason::kDone); }

  const UnitDescription& description() const { return description_; }
  const SessionCounters& counters() const { return session_.counters(); }

 private:
  void restart_when_answered(uint64_t now_ms);

  Capability* const* capabilities_;
  size_t capability_count_;
  const RestartRequest& restart_;
  UpdateReceiver* updates_ = nullptr;
  const bool safe_mode_;
  UnitDescription description_;
  Dispatcher dispatcher_;
  Session session_;
  uint64_t restart_wanted_ms_ = 0;
  bool restart_wanted_ = false;
  bool ready_to_restart_ = false;
};

}  // namespace signalbox
