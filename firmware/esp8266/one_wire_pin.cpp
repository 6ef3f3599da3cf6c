#include "esp8266/one_wire_pin.h"

#include <Arduino.h>

#include "units/drivers/one_wire_slots.h"
#include "units/thermometer_unit.h"

namespace signalbox::esp8266 {
namespace {

constexpr uint8_t kPin = ThermometerUnit::kDataPin;
constexpr uint32_t kPinBit = 1u << kPin;
constexpr uint32_t kCyclesInUs = F_CPU / 1000000;

#define SIGNALBOX_INLINE [[gnu::always_inline]] inline

// By the registers, and inlined into code in RAM: nothing here waits for the flash.
struct Line {
  SIGNALBOX_INLINE void drive_low() { GPOC = kPinBit; }
  SIGNALBOX_INLINE void release() { GPOS = kPinBit; }
  SIGNALBOX_INLINE bool is_high() { return (GPI & kPinBit) != 0; }
  SIGNALBOX_INLINE void wait_us(uint32_t us) {
    const uint32_t since = esp_get_cycle_count();
    while (esp_get_cycle_count() - since < us * kCyclesInUs) {
    }
  }
  SIGNALBOX_INLINE void mask() { saved_ = xt_rsil(15); }
  SIGNALBOX_INLINE void unmask() { xt_wsr_ps(saved_); }

 private:
  uint32_t saved_ = 0;
};

[[gnu::noinline]] bool IRAM_ATTR reset_line() {
  Line line;
  return one_wire_reset(line);
}

[[gnu::noinline]] void IRAM_ATTR write_slot(bool bit) {
  Line line;
  one_wire_write(line, bit);
}

[[gnu::noinline]] bool IRAM_ATTR read_slot() {
  Line line;
  return one_wire_read(line);
}

}  // namespace

void OneWirePin::begin() {
  digitalWrite(kPin, HIGH);
  // The line is then released for high, not driven.
  pinMode(kPin, OUTPUT_OPEN_DRAIN);
}

bool OneWirePin::is_high() { return digitalRead(kPin) != LOW; }

bool OneWirePin::reset() { return reset_line(); }

void OneWirePin::write_bit(bool bit) { write_slot(bit); }

bool OneWirePin::read_bit() { return read_slot(); }

}  // namespace signalbox::esp8266
