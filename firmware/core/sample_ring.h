// The newest samples of subscribed properties, so that a base that was away gets what it
// missed (docs/unit-link.md section 10).
#pragma once

#include "core/wire.h"

namespace signalbox {

class SampleRing {
 public:
  // At one sample a second, the loss of a base that this bridges is two minutes.
  static constexpr size_t kCapacity = 128;

  // Samples count from 1 through the whole boot.
  uint32_t next_seq() const { return next_seq_; }
  // Of the oldest sample kept; next_seq() when there is none.
  uint32_t oldest_seq() const { return next_seq_ - static_cast<uint32_t>(size_); }

  // Replaces the oldest when full.
  void push(uint8_t pid, uint64_t uptime_ms, const Value& value);

  bool holds(uint8_t pid, uint64_t uptime_ms) const;

  // Below, `seq` is within oldest_seq() .. next_seq() - 1.
  uint8_t pid_at(uint32_t seq) const { return at(seq).pid; }
  uint64_t uptime_at(uint32_t seq) const;
  // False for text and data, which are too large to be kept.
  [[nodiscard]] bool value_at(uint32_t seq, Value& out) const;

 private:
  // 48 bits of uptime last for 8,900 years. No member needs an alignment of 8.
  struct Sample {
    uint32_t uptime_low;
    uint16_t uptime_high;
    uint8_t pid;
    uint8_t kind;  // Value's tag
    uint8_t value[8];
  };
  static_assert(sizeof(Sample) == 16, "the ring's size is part of the RAM budget");

  const Sample& at(uint32_t seq) const { return samples_[seq % kCapacity]; }

  Sample samples_[kCapacity] = {};
  size_t size_ = 0;
  uint32_t next_seq_ = 1;
};

}  // namespace signalbox
