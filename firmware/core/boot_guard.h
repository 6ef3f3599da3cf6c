// Tracks the starts of a firmware: counts failed ones, confirms a new firmware, and rolls
// back one that does not work (docs/unit-link.md section 11.4).
#pragma once

#include "core/boot_port.h"

namespace signalbox {

struct BootRules {
  // A firmware that ran this long has started properly ...
  uint32_t good_after_ms = 60000;
  // ... and one without an authenticated base by now never gets one.
  uint32_t confirm_within_ms = 15 * 60000;
  // After this many failed starts in a row it gives up.
  uint8_t max_starts = 3;
  // It also gives up after this many crashes, however late each was; a run of this length
  // without a crash resets the count.
  uint8_t max_crashes = 5;
  uint32_t crash_free_ms = 6 * 3600000;
};

class BootGuard {
 public:
  enum class [[nodiscard]] Start : uint8_t{
      kNormal,
      kSafe,     // serve nothing but the link and updates
      kRestart,  // restart at once: the previous firmware is back
  };

  BootGuard(BootPort& port, const char* running_version, const BootRules& rules = {});

  // Counts this start. Called once, before anything that might crash the firmware.
  // `has_crashed`: the last run ended by a watchdog or an exception.
  Start start(bool has_crashed = false);
  // In a firmware that another program started and counted.
  void start_counted(bool safe_mode);

  // A base has authenticated and sent hello.
  void heard_base() { heard_base_ = true; }
  // True when the board must restart, with the previous firmware.
  [[nodiscard]] bool poll(uint64_t now_ms);
  // Milliseconds until there is something for poll() to do.
  uint32_t due_in(uint64_t now_ms) const;
  // A requested restart is not a failed start.
  void leave_in_good_order();

  bool is_safe_mode() const { return safe_mode_; }
  bool is_confirmed() const { return !record_.unconfirmed; }
  const char* failed_version() const { return record_.failed_version; }

 private:
  bool roll_back();

  BootPort& port_;
  const char* running_version_;
  const BootRules rules_;
  BootRecord record_;
  bool safe_mode_ = false;
  bool heard_base_ = false;
  bool is_good_ = false;
};

}  // namespace signalbox
