#include "esp8266/gpio_relay.h"

#include <Arduino.h>

#include "units/relay_unit.h"

namespace signalbox::esp8266 {

void GpioRelay::set(bool on) {
  // The level first, so that the pin does not begin its life as an output with the wrong.
  digitalWrite(RelayUnit::kRelayPin, on ? HIGH : LOW);
  pinMode(RelayUnit::kRelayPin, OUTPUT);
}

}  // namespace signalbox::esp8266
