// The signal of WS2812B lights, made by a UART: at 3.2 Mbaud with 6 data bits and its
// output inverted, one byte with its start and stop bit lasts 2.5 us and makes two bits
// of the lights, each of four UART bits: 1000 is a 0 and 1110 a 1. That is 312.5 ns high
// and 937.5 ns low, or the other way round; the data sheet allows 250 to 550 and 700 to
// 1000. The UART's own buffer plays it, so neither the radio nor the program can disturb
// it.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

constexpr uint32_t kWs2812Baud = 3200000;
constexpr uint32_t kWs2812ByteNs = 2500;
constexpr size_t kWs2812BytesPerLight = 12;  // 24 bits, two to a byte
// Low this long ends a message: 50 us by the older data sheet, 280 by the newer.
constexpr uint32_t kWs2812ResetUs = 300;

// The UART's bytes for one light of this colour, green first as the lights want it.
// `into` takes kWs2812BytesPerLight.
inline void encode_ws2812(uint8_t red, uint8_t green, uint8_t blue, uint8_t* into) {
  // A start bit is high on the inverted line and a stop bit low; between stand the six
  // data bits inverted, lowest first: a a 0 1 b b for the two bits a and b.
  static constexpr uint8_t kPairs[4] = {0x37, 0x07, 0x34, 0x04};
  const uint8_t channels[3] = {green, red, blue};
  for (const uint8_t channel : channels) {
    for (unsigned shift = 8; shift > 0; shift -= 2) {
      *into++ = kPairs[channel >> (shift - 2) & 3];
    }
  }
}

}  // namespace signalbox
