#include "esp8266/pwm_lamp.h"

#include <Arduino.h>

#include "units/lamp_light.h"
#include "units/lamp_unit.h"

namespace signalbox::esp8266 {
namespace {

constexpr uint32_t kFullScale = 1023;

void show_channel(int32_t pin, uint32_t channel, const LampState& state) {
  analogWrite(static_cast<uint8_t>(pin),
              static_cast<int>(light_level(channel, state, kFullScale)));
}

}  // namespace

void PwmLamp::begin() { analogWriteRange(kFullScale); }

void PwmLamp::show(const LampState& state) {
  show_channel(LampUnit::kRedPin, state.color >> 16 & 0xFF, state);
  show_channel(LampUnit::kGreenPin, state.color >> 8 & 0xFF, state);
  show_channel(LampUnit::kBluePin, state.color & 0xFF, state);
}

}  // namespace signalbox::esp8266
