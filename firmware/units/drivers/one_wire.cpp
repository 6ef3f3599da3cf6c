#include "units/drivers/one_wire.h"

namespace signalbox {
bool OneWireBus::reset() {
  // A line that is low at rest has no pull-up, or a short: it would read as zeros.
  if (!port_.is_high()) return false;
  return port_.reset();
}

void OneWireBus::write_byte(uint8_t byte) {
  for (unsigned bit = 0; bit < 8; ++bit) port_.write_bit((byte >> bit & 1) != 0);
}

uint8_t OneWireBus::read_byte() {
  unsigned byte = 0;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if (port_.read_bit()) byte |= 1u << bit;
  }
  return static_cast<uint8_t>(byte);
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
