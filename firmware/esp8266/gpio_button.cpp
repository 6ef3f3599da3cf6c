#include "esp8266/gpio_button.h"

#include <Arduino.h>

#include "units/button_unit.h"

namespace signalbox::esp8266 {

void GpioButton::begin() { pinMode(ButtonUnit::kButtonPin, INPUT_PULLUP); }

bool GpioButton::is_pressed(uint64_t) {
  return digitalRead(ButtonUnit::kButtonPin) == LOW;
}

}  // namespace signalbox::esp8266
