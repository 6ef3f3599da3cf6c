#include "units/drivers/one_wire.h"

namespace signalbox {
namespace {

// Microseconds, by their letters in application note 126.
constexpr uint32_t kA = 6;    // low: write 1, read
constexpr uint32_t kB = 64;   // rest of the slot after A
constexpr uint32_t kC = 60;   // low: write 0
constexpr uint32_t kD = 10;   // rest of the slot after C
constexpr uint32_t kE = 9;    // from the release to the sample
constexpr uint32_t kF = 55;   // rest of the slot after E
constexpr uint32_t kH = 480;  // low: reset
constexpr uint32_t kI = 70;   // from the release to the sample of presence

}  // namespace

bool OneWireBus::reset() {
  // A line that is low by itself has no pull-up, or a short: whatever it said would be
  // zeros.
  if (!port_.is_high()) return false;
  port_.drive_low();
  port_.wait_us(kH);
  port_.begin_exact();
  port_.release();
  port_.wait_us(kI);
  const bool is_present = !port_.is_high();
  port_.end_exact();
  return is_present;
}

void OneWireBus::write_byte(uint8_t byte) {
  for (unsigned bit = 0; bit < 8; ++bit) write_bit((byte >> bit & 1) != 0);
}

uint8_t OneWireBus::read_byte() {
  unsigned byte = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if (read_bit()) byte |= 1u << bit;
  }
  return static_cast<uint8_t>(byte);
}

void OneWireBus::write_bit(bool bit) {
  port_.begin_exact();
  port_.drive_low();
  port_.wait_us(bit ? kA : kC);
  port_.release();
  port_.end_exact();
  port_.wait_us(bit ? kB : kD);
}

bool OneWireBus::read_bit() {
  port_.begin_exact();
  port_.drive_low();
  port_.wait_us(kA);
  port_.release();
  port_.wait_us(kE);
  const bool bit = port_.is_high();
  port_.end_exact();
  port_.wait_us(kF);
  return bit;
}

uint8_t one_wire_crc(const uint8_t* data, uint32_t size) {
  unsigned crc = 0;
  for (uint32_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x8Cu : 0u);
  }
  return static_cast<uint8_t>(crc);
}

}  // namespace signalbox
