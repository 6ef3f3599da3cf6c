#include "esp8266/pulse_pin.h"

#include <Arduino.h>

#include "units/thermometer_unit.h"

namespace signalbox::esp8266 {
namespace {

constexpr uint8_t kPin = ThermometerUnit::kDataPin;
constexpr size_t kMaxEdges = Dht22::kIntervals + 1;

volatile uint32_t edges_us[kMaxEdges];
volatile size_t edge_count = 0;

// In RAM: flash cannot be read while it is written.
void IRAM_ATTR note_edge() {
  const size_t at = edge_count;
  if (at < kMaxEdges) edges_us[at] = static_cast<uint32_t>(micros());
  edge_count = at + 1;
}

}  // namespace

void PulsePin::begin() {
  digitalWrite(kPin, HIGH);
  pinMode(kPin, OUTPUT_OPEN_DRAIN);
}

void PulsePin::pull_low() { digitalWrite(kPin, LOW); }

void PulsePin::release_and_time() {
  edge_count = 0;
  // First, since it can take longer than the minimum of 20 us after which the sensor
  // pulls the line down: its code is in flash, and a cache miss costs 10 us.
  attachInterrupt(digitalPinToInterrupt(kPin), note_edge, FALLING);
  digitalWrite(kPin, HIGH);
}

size_t PulsePin::read_intervals_us(uint16_t* into, size_t capacity) {
  detachInterrupt(digitalPinToInterrupt(kPin));
  const size_t edges = edge_count;
  const size_t intervals = edges > 0 ? edges - 1 : 0;
  for (size_t i = 0; i < intervals && i < capacity && i + 1 < kMaxEdges; ++i) {
    const uint32_t interval_us = edges_us[i + 1] - edges_us[i];
    into[i] = static_cast<uint16_t>(interval_us < UINT16_MAX ? interval_us : UINT16_MAX);
  }
  return intervals;
}

}  // namespace signalbox::esp8266
