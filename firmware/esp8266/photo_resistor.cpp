#include "esp8266/photo_resistor.h"

#include <Arduino.h>
#include <math.h>

namespace signalbox::esp8266 {
namespace {

constexpr float kGroundOhm = 10000.0f;
constexpr float kOhmAt10Lux = 15000.0f;  // GL5528: 10 to 20 kOhm
constexpr float kGamma = 0.7f;           // GL5528: slope of the curve in its data sheet

}  // namespace

double PhotoResistor::read_lux(uint64_t) {
  const int value = analogRead(A0);
  if (value <= 0) return 0;
  if (value >= 1023) return 100000;
  const float sensor_ohm = kGroundOhm * (1023.0f / static_cast<float>(value) - 1.0f);
  const float lux = 10.0f * powf(kOhmAt10Lux / sensor_ohm, 1.0f / kGamma);
  return static_cast<double>(roundf(lux * 10.0f) / 10.0f);
}

}  // namespace signalbox::esp8266
