// Illuminance by a photo-resistor (GL5528) between 3.3 V and A0, with 10 kOhm to ground.
#pragma once

#include "units/light_sensor.h"

namespace signalbox::esp8266 {

class PhotoResistor final : public LightPort {
 public:
  // From the data sheet's curve, good for a third more or less: not calibrated.
  double read_lux(uint64_t now_ms) override;
};

}  // namespace signalbox::esp8266
