// Measures illuminance at its own pace.
#pragma once

#include "core/capability.h"

namespace signalbox {

class LightPort {
 public:
  // Illuminance in lux; below 0 if the sensor does not answer.
  virtual double read_lux(uint64_t now_ms) = 0;

 protected:
  ~LightPort() = default;
};

class LightSensor final : public Capability {
 public:
  static constexpr uint8_t kIlluminance = 1;

  LightSensor(LightPort& port, uint32_t period_ms) : port_(port), period_ms_(period_ms) {}

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  uint64_t measured_ms(uint8_t, uint64_t) const override { return measured_ms_; }
  uint32_t poll(uint64_t now_ms) override;

 private:
  LightPort& port_;
  const uint32_t period_ms_;
  uint64_t measured_ms_ = 0;
  uint64_t next_ms_ = 0;
  double lux_ = -1;
};

}  // namespace signalbox
