#include "core/boot_guard.h"

#include "core/capability.h"
#include "core/value.h"

namespace signalbox {

BootGuard::BootGuard(BootPort& port, const char* running_version, const BootRules& rules)
    : port_(port), running_version_(running_version), rules_(rules) {
  port_.load(record_);
}

BootGuard::Start BootGuard::start(bool has_crashed) {
  if (has_crashed && record_.crashes < UINT8_MAX) ++record_.crashes;
  if (record_.starts >= rules_.max_starts || record_.crashes >= rules_.max_crashes) {
    if (roll_back()) return Start::kRestart;
    safe_mode_ = true;
    return Start::kSafe;
  }
  ++record_.starts;
  // A board that cannot count starts all the same: it is no worse than one without this.
  (void)port_.store(record_);
  return Start::kNormal;
}

void BootGuard::start_counted(bool safe_mode) { safe_mode_ = safe_mode; }

bool BootGuard::poll(uint64_t now_ms) {
  if (now_ms < rules_.good_after_ms) return false;
  const bool confirms = record_.unconfirmed && heard_base_ && !safe_mode_;
  if (!is_good_ || confirms) {
    is_good_ = true;
    // The next start leaves safe mode, as one last try before it returns.
    record_.starts =
        safe_mode_ ? static_cast<uint8_t>(rules_.max_starts - 1) : uint8_t{0};
    if (record_.crashes >= rules_.max_crashes) {
      record_.crashes = static_cast<uint8_t>(rules_.max_crashes - 1);
    }
    if (confirms) {
      record_.unconfirmed = false;
      record_.failed_version[0] = '\0';
    }
    (void)port_.store(record_);
  }
  if (record_.crashes > 0 && now_ms >= rules_.crash_free_ms && !safe_mode_) {
    record_.crashes = 0;
    (void)port_.store(record_);
  }
  return record_.unconfirmed && now_ms >= rules_.confirm_within_ms && roll_back();
}

uint32_t BootGuard::due_in(uint64_t now_ms) const {
  const auto until = [now_ms](uint64_t due_ms) {
    return due_ms > now_ms ? static_cast<uint32_t>(due_ms - now_ms) : 0;
  };
  if (!is_good_) return until(rules_.good_after_ms);
  if (safe_mode_) return kIdle;
  if (!record_.unconfirmed) {
    return record_.crashes > 0 ? until(rules_.crash_free_ms) : kIdle;
  }
  if (heard_base_) return 0;
  const uint32_t give_up = until(rules_.confirm_within_ms);
  return give_up > 0 ? give_up : kIdle;
}

void BootGuard::leave_in_good_order() {
  if (is_good_ || safe_mode_ || record_.starts == 0) return;
  --record_.starts;
  (void)port_.store(record_);
}

// Only from a firmware that never worked to the one that it replaced.
bool BootGuard::roll_back() {
  if (!record_.unconfirmed || safe_mode_ || !port_.can_roll_back()) return false;
  BootRecord before;
  copy_text(before.failed_version, sizeof before.failed_version, running_version_);
  if (!port_.roll_back(before)) return false;
  record_ = before;
  return true;
}

}  // namespace signalbox
