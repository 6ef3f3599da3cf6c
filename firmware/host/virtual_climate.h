// The air of a room over a day of ten minutes, as a sensor of two quantities measures it.
#pragma once

#include <math.h>

#include "host/virtual_board.h"
#include "units/drivers/climate_driver.h"

namespace signalbox::host {

class VirtualClimate final : public ClimateDriver {
 public:
  explicit VirtualClimate(uint32_t seed) : random_(seed) {}

  uint8_t quantities() const override { return 2; }
  void begin(uint64_t) override {}
  Progress poll(uint64_t now_ms, uint32_t&, ClimateSample& out) override {
    const double day = 2 * 3.14159265358979 * static_cast<double>(now_ms) / 600000.0;
    out.celsius_e4 = 1000 * tenths(21.0 + 3.0 * sin(day) + 0.1 * random_.next());
    out.percent_e2 = 10 * tenths(48.0 - 8.0 * sin(day) + 0.3 * random_.next());
    return Progress::kDone;
  }

 private:
  // A sensor does not resolve more.
  static int32_t tenths(double value) {
    return static_cast<int32_t>(lround(value * 10.0));
  }

  Random random_;
};

}  // namespace signalbox::host
