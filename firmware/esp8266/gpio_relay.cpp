#include "esp8266/gpio_relay.h"

#include <Arduino.h>

#include "units/relay_unit.h"

namespace signalbox::esp8266 {

void GpioRelay::set(bool on) {
  // Sets the level first, so that the pin does not become an output with the wrong level.
  digitalWrite(RelayUnit::kRelayPin, on ? HIGH : LOW);
  pinMode(RelayUnit::kRelayPin, OUTPUT);
}

}  // namespace signalbox::esp8266
