// Illuminance of a room with a window: slow waves and a little noise.
#pragma once

#include <math.h>

#include "host/virtual_board.h"
#include "units/light_sensor.h"

namespace signalbox::host {

class VirtualLight final : public LightPort {
 public:
  explicit VirtualLight(uint32_t seed) : random_(seed) {}

  double read_lux(uint64_t now_ms) override {
    const double seconds = static_cast<double>(now_ms) / 1000.0;
    const double day = 420.0 + 180.0 * sin(seconds / 61.0);
    const double clouds = 60.0 * sin(seconds / 7.3 + 1.0);
    const double lux = day + clouds + 3.0 * random_.next();
    return round(lux * 10.0) / 10.0;  // a sensor does not resolve more
  }

 private:
  Random random_;
};

}  // namespace signalbox::host
