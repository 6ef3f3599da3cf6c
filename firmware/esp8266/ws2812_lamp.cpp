#include "esp8266/ws2812_lamp.h"

#include <Arduino.h>

#include "units/lamp_light.h"

namespace signalbox::esp8266 {
namespace {

constexpr int kPin = 2;  // the only one that UART1 sends on
constexpr int kUart = 1;
constexpr uint32_t kFullScale = 255;

uint8_t level(const LampState& state, unsigned shift) {
  return static_cast<uint8_t>(
      light_level(state.color >> shift & 0xFF, state, kFullScale));
}

// With interrupts off and from RAM, so that the buffer never runs empty: if the line
// rests within a signal, the lights treat it as the end. Bytes are written faster than
// they are sent; 120 of them take about 20 us.
[[gnu::noinline]] void IRAM_ATTR fill(const uint8_t* signal, size_t size) {
  const uint32_t saved = xt_rsil(15);
  for (size_t i = 0; i < size; ++i) USF(kUart) = signal[i];
  xt_wsr_ps(saved);
}

}  // namespace

void Ws2812Lamp::begin() {
  constexpr bool kInverted = true;
  Serial1.begin(kWs2812Baud, SERIAL_6N1, SERIAL_TX_ONLY, kPin, kInverted);
  shown_us_ = static_cast<uint32_t>(micros());
}

void Ws2812Lamp::show(const LampState& state) {
  uint8_t signal[kSignalBytes];
  for (size_t light = 0; light < kLights; ++light) {
    encode_ws2812(level(state, 16), level(state, 8), level(state, 0),
                  signal + light * kWs2812BytesPerLight);
  }
  while (static_cast<uint32_t>(micros()) - shown_us_ < kShortestPeriodUs) {
  }
  fill(signal, sizeof signal);
  shown_us_ = static_cast<uint32_t>(micros());
}

}  // namespace signalbox::esp8266
