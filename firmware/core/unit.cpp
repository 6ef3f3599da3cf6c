#include "core/unit.h"

namespace signalbox {
namespace {

// A peer that does not read its answer must not keep the unit from restarting.
constexpr uint32_t kRestartPatienceMs = 500;

}  // namespace

Unit::Unit(const UnitIdentity& identity, Capability* const* capabilities,
           size_t capability_count, WallClock& clock, const RestartRequest& restart,
           const LinkProtection& protection)
    : capabilities_(capabilities),
      capability_count_(capability_count),
      restart_(restart),
      safe_mode_(identity.safe_mode),
      description_(capabilities, capability_count),
      dispatcher_(description_),
      session_(identity, description_, dispatcher_, clock, protection) {
  for (size_t i = 0; i < capability_count_; ++i) capabilities_[i]->attach(session_);
}

void Unit::enable_updates(UpdateReceiver& updates) {
  updates_ = &updates;
  updates.spare(*this);
  session_.enable_updates(updates);
}

uint32_t Unit::poll(uint64_t now_ms) {
  if (ready_to_restart_) return kIdle;
  uint32_t next = kIdle;
  // Safe mode runs none of the capabilities, since one may have caused the crashes.
  for (size_t i = 0; i < capability_count_ && !safe_mode_; ++i) {
    const uint32_t due = capabilities_[i]->poll(now_ms);
    if (due < next) next = due;
  }
  const uint32_t session_due = session_.poll(now_ms);
  if (session_due < next) next = session_due;
  if (updates_ != nullptr) {
    const uint32_t update_due = updates_->poll(now_ms);
    if (update_due < next) next = update_due;
  }
  if (restart_.raised() || (updates_ != nullptr && updates_->wants_restart())) {
    restart_when_answered(now_ms);
    return 0;
  }
  return next;
}

bool Unit::holds_output() const {
  for (size_t i = 0; i < capability_count_; ++i) {
    if (capabilities_[i]->holds_output()) return true;
  }
  return false;
}

void Unit::restart_when_answered(uint64_t now_ms) {
  if (!restart_wanted_) {
    restart_wanted_ = true;
    restart_wanted_ms_ = now_ms;
  }
  if (!session_.is_flushed() && now_ms - restart_wanted_ms_ < kRestartPatienceMs) return;
  session_.close_all(GoodbyeReason::kRestart);
  ready_to_restart_ = true;
}

}  // namespace signalbox
