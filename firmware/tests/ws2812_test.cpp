#include "units/drivers/ws2812.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/recorded_waveforms.h"
#include "units/lamp_light.h"

using namespace signalbox;

namespace {

struct Pulse {
  double high_ns;
  double low_ns;
};

// The levels of the inverted line, one for each UART bit: start, six data bits with the
// lowest first, stop.
std::string line_of(const uint8_t* bytes, size_t size) {
  std::string line;
  for (size_t i = 0; i < size; ++i) {
    line += '1';
    for (int bit = 0; bit < 6; ++bit) line += (bytes[i] >> bit & 1) != 0 ? '0' : '1';
    line += '0';
  }
  return line;
}

std::vector<Pulse> pulses_of(const std::string& line) {
  const double bit_ns = 1e9 / kWs2812Baud;
  std::vector<Pulse> pulses;
  size_t at = 0;
  while (at < line.size()) {
    size_t low = line.find('0', at);
    size_t next = line.find('1', low);
    if (next == std::string::npos) next = line.size();
    pulses.push_back({static_cast<double>(low - at) * bit_ns,
                      static_cast<double>(next - low) * bit_ns});
    at = next;
  }
  return pulses;
}

bool is_between(double value, double from, double to) {
  return value >= from && value <= to;
}

// What a light takes a pulse for by the WS2812B's data sheet: 0.4 and 0.85 us for a 0,
// 0.8 and 0.45 us for a 1, each give or take 150 ns.
char bit_of(const Pulse& pulse) {
  if (is_between(pulse.high_ns, 250, 550) && is_between(pulse.low_ns, 700, 1000)) {
    return '0';
  }
  if (is_between(pulse.high_ns, 650, 950) && is_between(pulse.low_ns, 300, 600)) {
    return '1';
  }
  return '?';
}

std::string bits_of(uint8_t red, uint8_t green, uint8_t blue) {
  uint8_t bytes[kWs2812BytesPerLight];
  encode_ws2812(red, green, blue, bytes);
  std::string bits;
  for (const Pulse& pulse : pulses_of(line_of(bytes, sizeof bytes))) {
    bits += bit_of(pulse);
  }
  return bits;
}

std::string binary(unsigned value) {
  std::string bits;
  for (int bit = 7; bit >= 0; --bit) bits += (value >> bit & 1) != 0 ? '1' : '0';
  return bits;
}

}  // namespace

TEST_CASE("every value of every channel is a signal that lights understand") {
  for (unsigned value = 0; value < 256; ++value) {
    const auto level = static_cast<uint8_t>(value);
    CHECK(bits_of(level, 0x0F, 0xA5) == binary(0x0F) + binary(value) + binary(0xA5));
    CHECK(bits_of(0x0F, level, 0xA5) == binary(value) + binary(0x0F) + binary(0xA5));
    CHECK(bits_of(0x0F, 0xA5, level) == binary(0xA5) + binary(0x0F) + binary(value));
  }
}

TEST_CASE("lights that were recorded could not mistake a pulse") {
  using namespace signalbox::test;
  uint8_t bytes[kWs2812BytesPerLight];
  encode_ws2812(0xF0, 0x0F, 0xA5, bytes);
  int ones = 0;
  for (const Pulse& pulse : pulses_of(line_of(bytes, sizeof bytes))) {
    // Somewhere between the widest 0 and the narrowest 1 they decide.
    const bool is_one = pulse.high_ns >= kRecordedOneHighNs[0];
    CHECK((is_one || pulse.high_ns <= kRecordedZeroHighNs[1]));
    if (is_one) ++ones;
  }
  CHECK(ones == 12);
}

TEST_CASE("a light needs 30 us, and ten fit into the chip's buffer") {
  CHECK(8 * kWs2812BytesPerLight * 1e6 / kWs2812Baud == 30);
  CHECK(10 * kWs2812BytesPerLight <= 128);
}

TEST_CASE("brightness dims as the eye sees it") {
  LampState state;
  state.on = true;
  CHECK(light_level(255, state, 255) == 255);
  CHECK(light_level(255, state, 1023) == 1023);
  CHECK(light_level(0, state, 255) == 0);
  state.brightness = 50;
  CHECK(light_level(255, state, 255) == 63);  // half as bright is a quarter of the light
  CHECK(light_level(255, state, 65535) == 16255);
  state.on = false;
  CHECK(light_level(255, state, 255) == 0);
}
