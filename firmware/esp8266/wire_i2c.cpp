#include "esp8266/wire_i2c.h"

#include <Arduino.h>
#include <Wire.h>

#include "units/thermometer_unit.h"

namespace signalbox::esp8266 {
namespace {

constexpr uint32_t kHertz = 400000;
// A BME280 never holds the clock; what does is not it, and is not waited for.
constexpr uint32_t kStretchLimitUs = 200;

}  // namespace

void WireI2c::begin() {
  Wire.begin(ThermometerUnit::kDataPin, ThermometerUnit::kClockPin);
  Wire.setClock(kHertz);
  Wire.setClockStretchLimit(kStretchLimitUs);
}

bool WireI2c::write(uint8_t address, uint8_t reg, uint8_t value) {
  Wire.beginTransmission(address);
  (void)Wire.write(reg);
  (void)Wire.write(value);
  return Wire.endTransmission(true) == 0;
}

bool WireI2c::read(uint8_t address, uint8_t reg, uint8_t* into, size_t size) {
  Wire.beginTransmission(address);
  (void)Wire.write(reg);
  // Without a stop between: another start.
  if (Wire.endTransmission(false) != 0) return false;
  if (Wire.requestFrom(address, size, true) != size) return false;
  for (size_t i = 0; i < size; ++i) into[i] = static_cast<uint8_t>(Wire.read());
  return true;
}

}  // namespace signalbox::esp8266
