// Uptime, free heap and the real-time clock.
#pragma once

#include "core/capability.h"
#include "core/wall_clock.h"

namespace signalbox {

class MemoryPort {
 public:
  virtual uint32_t free_heap_bytes() = 0;

 protected:
  ~MemoryPort() = default;
};

class SystemFacts final : public Capability {
 public:
  static constexpr uint8_t kUptime = 37;
  static constexpr uint8_t kFreeHeap = 38;
  static constexpr uint8_t kTime = 39;
  static constexpr uint8_t kTimeSet = 58;
  static constexpr uint8_t kTimeSource = 59;

  SystemFacts(MemoryPort& memory, WallClock& clock) : memory_(memory), clock_(clock) {}

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  // Sets the clock; returns how far it was ahead of the given time, and is now.
  Status invoke(const InvokeCall& call, Value* outputs) override;

 private:
  MemoryPort& memory_;
  WallClock& clock_;
};

}  // namespace signalbox
