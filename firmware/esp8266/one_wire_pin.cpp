#include "esp8266/one_wire_pin.h"

#include <Arduino.h>

#include "units/thermometer_unit.h"

namespace signalbox::esp8266 {
namespace {

constexpr uint8_t kPin = ThermometerUnit::kDataPin;

}  // namespace

void OneWirePin::begin() {
  digitalWrite(kPin, HIGH);
  // High is then let go, not driven.
  pinMode(kPin, OUTPUT_OPEN_DRAIN);
}

void OneWirePin::drive_low() { digitalWrite(kPin, LOW); }

void OneWirePin::release() { digitalWrite(kPin, HIGH); }

bool OneWirePin::is_high() { return digitalRead(kPin) != LOW; }

void OneWirePin::wait_us(uint32_t us) { delayMicroseconds(us); }

void OneWirePin::begin_exact() { noInterrupts(); }

void OneWirePin::end_exact() { interrupts(); }

}  // namespace signalbox::esp8266
