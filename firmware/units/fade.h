// A number that moves from one value to another.
#pragma once

#include <stdint.h>

namespace signalbox {

class Fade {
 public:
  explicit Fade(int32_t value) : from_(value), to_(value) {}

  // The largest distance times the longest duration must fit 32 bits.
  static constexpr uint32_t kMaxDurationMs = 3600000;
  static constexpr int32_t kMaxDistance = 255;
  static_assert(int64_t{kMaxDurationMs} * kMaxDistance <= INT32_MAX, "would overflow");

  // Starts from the value at `now_ms`; 0 ms is a jump. Durations are limited to
  // kMostDurationMs.
  void start(int32_t target, uint32_t duration_ms, uint64_t now_ms) {
    from_ = value(now_ms);
    to_ = target;
    started_ms_ = now_ms;
    duration_ms_ = duration_ms < kMaxDurationMs ? duration_ms : kMaxDurationMs;
  }

  int32_t target() const { return to_; }
  bool is_running(uint64_t now_ms) const { return now_ms - started_ms_ < duration_ms_; }

  int32_t value(uint64_t now_ms) const {
    if (!is_running(now_ms)) return to_;
    const int32_t elapsed_ms = static_cast<int32_t>(now_ms - started_ms_);
    return from_ + (to_ - from_) * elapsed_ms / static_cast<int32_t>(duration_ms_);
  }

 private:
  int32_t from_;
  int32_t to_;
  uint64_t started_ms_ = 0;
  uint32_t duration_ms_ = 0;
};

}  // namespace signalbox
