#include "units/drivers/dht22.h"

namespace signalbox {
namespace {

// The data sheet lets the host call for 0.8 to 20 ms. Counted in whole milliseconds, 2
// are at least one.
constexpr uint32_t kCallMs = 2;
constexpr uint32_t kMaxCallMs = 19;
// The answer: at most 200 us until it begins, 170 us of preamble, and 40 bits of at most
// 130 us each.
constexpr uint32_t kListenMs = 8;

// From falling edge to falling edge. Nominal: 80 + 80 us for the answer, 50 + 26 for a 0,
// 50 + 70 for a 1. Recorded sensors answer in 141 us and more, and rest up to 14 us
// longer before each byte: 94 us for a 0, 141 for a 1. The bounds leave the interrupt 10
// us to be late by; that between a 0 and a 1 is in the middle of those 94 us and the 48 +
// 68 that the data sheet allows at least for a 1.
constexpr uint16_t kShortestAnswerUs = 125;
constexpr uint16_t kMaxAnswerUs = 185;
constexpr uint16_t kShortestBitUs = 55;
constexpr uint16_t kBetweenBitsUs = 105;
constexpr uint16_t kMaxBitUs = 160;

// What it can measure, in tenths.
constexpr int32_t kMaxHumidity = 1000;
constexpr int32_t kLeastTemperature = -400;
constexpr int32_t kMaxTemperature = 800;

bool is_within(uint16_t value, uint16_t from, uint16_t to) {
  return value >= from && value <= to;
}

}  // namespace

bool decode_dht22(const uint16_t* intervals_us, size_t count, ClimateSample& out) {
  if (count != Dht22::kIntervals) return false;
  if (!is_within(intervals_us[0], kShortestAnswerUs, kMaxAnswerUs)) return false;
  uint8_t bytes[5] = {};
  for (size_t bit = 0; bit < 40; ++bit) {
    const uint16_t interval_us = intervals_us[1 + bit];
    if (!is_within(interval_us, kShortestBitUs, kMaxBitUs)) return false;
    const unsigned is_one = interval_us >= kBetweenBitsUs ? 1 : 0;
    bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] << 1 | (is_one ? 1 : 0));
  }
  const unsigned sum = static_cast<unsigned>(bytes[0] + bytes[1] + bytes[2] + bytes[3]);
  if ((sum & 0xFF) != bytes[4]) return false;
  const int32_t humidity = bytes[0] << 8 | bytes[1];
  const int32_t magnitude = (bytes[2] & 0x7F) << 8 | bytes[3];
  // Sign and magnitude, not two's complement.
  const int32_t temperature = (bytes[2] & 0x80) != 0 ? -magnitude : magnitude;
  if (humidity > kMaxHumidity) return false;
  if (temperature < kLeastTemperature || temperature > kMaxTemperature) return false;
  out.percent_e2 = humidity * 10;
  out.celsius_e4 = temperature * 1000;
  return true;
}

void Dht22::begin(uint64_t now_ms) {
  port_.pull_low();
  step_ = Step::kCalling;
  step_since_ms_ = now_ms;
}

ClimateDriver::Progress Dht22::poll(uint64_t now_ms, uint32_t& wait_ms,
                                    ClimateSample& out) {
  const uint64_t since_ms = now_ms - step_since_ms_;
  switch (step_) {
    case Step::kCalling:
      if (since_ms < kCallMs) {
        wait_ms = kCallMs - static_cast<uint32_t>(since_ms);
        return Progress::kBusy;
      }
      port_.release_and_time();
      step_ = Step::kListening;
      step_since_ms_ = now_ms;
      wait_ms = kListenMs;
      // A program that was held up for too long has called for longer than it may.
      if (since_ms <= kMaxCallMs) return Progress::kBusy;
      break;
    case Step::kListening: {
      if (since_ms < kListenMs) {
        wait_ms = kListenMs - static_cast<uint32_t>(since_ms);
        return Progress::kBusy;
      }
      uint16_t intervals_us[kIntervals];
      const size_t count = port_.read_intervals_us(intervals_us, kIntervals);
      step_ = Step::kEnd;
      return decode_dht22(intervals_us, count, out) ? Progress::kDone : Progress::kFailed;
    }
    case Step::kEnd:
      break;
  }
  uint16_t unused[1];
  (void)port_.read_intervals_us(unused, 0);
  step_ = Step::kEnd;
  return Progress::kFailed;
}

}  // namespace signalbox
