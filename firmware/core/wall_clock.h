// The unit's real-time clock: an offset to its uptime, set by the base. Measurements use
// the uptime (docs/unit-link.md section 9).
#pragma once

#include <stdint.h>

namespace signalbox {

// Who set a clock last.
enum class ClockSource : uint8_t { kNobody, kSystem, kBase, kCommand };

class WallClock {
 public:
  // The largest integer of the unit link (docs/unit-link.md section 5.2): within it no
  // sum or difference of two times overflows.
  static constexpr int64_t kMaxEpochMs = 9007199254740991;

  // False, and nothing changed, where the time is beyond kMaxEpochMs.
  [[nodiscard]] bool set(int64_t epoch_ms, uint64_t uptime_ms, ClockSource source) {
    if (epoch_ms < -kMaxEpochMs || epoch_ms > kMaxEpochMs) return false;
    offset_ms_ = epoch_ms - static_cast<int64_t>(uptime_ms);
    source_ = source;
    return true;
  }
  void set_utc_offset(int32_t minutes) { utc_offset_minutes_ = minutes; }

  // Milliseconds since 1970-01-01T00:00:00Z; the uptime until the clock is set.
  int64_t epoch_ms(uint64_t uptime_ms) const {
    return offset_ms_ + static_cast<int64_t>(uptime_ms);
  }
  int32_t utc_offset_minutes() const { return utc_offset_minutes_; }
  ClockSource source() const { return source_; }

 private:
  int64_t offset_ms_ = 0;
  int32_t utc_offset_minutes_ = 0;
  ClockSource source_ = ClockSource::kNobody;
};

}  // namespace signalbox
