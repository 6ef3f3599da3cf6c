// Reports temperature and, if its sensor measures them, humidity and air pressure.
#pragma once

#include "core/capability.h"
#include "units/drivers/climate_driver.h"

namespace signalbox {

class Thermometer final : public Capability {
 public:
  static constexpr uint8_t kTemperature = 1;
  static constexpr uint8_t kHumidity = 2;
  static constexpr uint8_t kPressure = 3;

  // A sensor that fails now and then keeps its last values, with the time of their
  // measurement. Only this many failures in a row are reported.
  static constexpr uint32_t kFailuresToReport = 3;

  Thermometer(ClimateDriver& driver, uint32_t period_ms)
      : driver_(driver), period_ms_(period_ms) {}

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  uint64_t measured_ms(uint8_t, uint64_t) const override { return measured_ms_; }
  uint32_t poll(uint64_t now_ms) override;

 private:
  void store(const ClimateSample& sample, uint64_t now_ms);
  void fail();

  ClimateDriver& driver_;
  const uint32_t period_ms_;
  bool measuring_ = false;
  bool has_sample_ = false;
  uint32_t failures_ = 0;  // in a row
  uint64_t next_ms_ = 0;
  uint64_t look_ms_ = 0;
  uint64_t measured_ms_ = 0;
  ClimateSample sample_;
};

}  // namespace signalbox
