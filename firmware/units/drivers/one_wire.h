// The 1-Wire bus at standard speed, byte by byte.
#pragma once

#include <stdint.h>

namespace signalbox {

// One open-drain line with a pull-up. Each of the three is one exact piece of time
// (one_wire_slots.h) of at most 0.6 ms, of which 80 us without interrupts.
class OneWirePort {
 public:
  // The line at rest.
  virtual bool is_high() = 0;
  // True if a device answered with its presence.
  virtual bool reset() = 0;
  virtual void write_bit(bool bit) = 0;
  virtual bool read_bit() = 0;

 protected:
  ~OneWirePort() = default;
};

class OneWireBus {
 public:
  explicit OneWireBus(OneWirePort& port) : port_(port) {}

  // True if a device answered with its presence. The bus must then rest for
  // kRestAfterResetUs before the first bit.
  [[nodiscard]] bool reset();
  static constexpr uint32_t kRestAfterResetUs = 410;

  // Least significant bit first.
  void write_byte(uint8_t byte);
  uint8_t read_byte();

 private:
  OneWirePort& port_;
};

// CRC-8 of 1-Wire devices: x^8 + x^5 + x^4 + 1, reflected. 0 over data with its CRC.
uint8_t one_wire_crc(const uint8_t* data, uint32_t size);

}  // namespace signalbox
