#include "esp8266/ws2812_lamp.h"

#include <Arduino.h>
#include <string.h>

#include "units/lamp_light.h"

namespace signalbox::esp8266 {
namespace {

constexpr int kPin = 2;  // the only one that UART1 sends on
constexpr uint32_t kFullScale = 255;

uint8_t level(const LampState& state, unsigned shift) {
  return static_cast<uint8_t>(
      light_level(state.color >> shift & 0xFF, state, kFullScale));
}

}  // namespace

void Ws2812Lamp::begin() {
  constexpr bool kInverted = true;
  Serial1.begin(kWs2812Baud, SERIAL_6N1, SERIAL_TX_ONLY, kPin, kInverted);
}

void Ws2812Lamp::show(const LampState& state) {
  uint8_t signal[kSignalBytes];
  encode_ws2812(level(state, 16), level(state, 8), level(state, 0), signal);
  for (size_t light = 1; light < kLights; ++light) {
    memcpy(signal + light * kWs2812BytesPerLight, signal, kWs2812BytesPerLight);
  }
  (void)Serial1.write(signal, sizeof signal);
}

}  // namespace signalbox::esp8266
