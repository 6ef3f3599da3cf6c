// The 1-Wire bus at standard speed, bit by bit. Times are those of Maxim's application
// note 126; the windows they must hit are in the data sheet of the DS18B20.
#pragma once

#include <stdint.h>

namespace signalbox {

// One open-drain line with a pull-up, and a clock for waits of a fraction of a
// millisecond.
class OneWirePort {
 public:
  virtual void drive_low() = 0;
  virtual void release() = 0;
  virtual bool is_high() = 0;
  // Busy: at most 480 us.
  virtual void wait_us(uint32_t us) = 0;
  // Between these two nothing may come in between: at most 80 us.
  virtual void begin_exact() = 0;
  virtual void end_exact() = 0;

 protected:
  ~OneWirePort() = default;
};

class OneWireBus {
 public:
  explicit OneWireBus(OneWirePort& port) : port_(port) {}

  // True when some device answered with its presence. The bus must then rest for
  // kRestAfterResetUs before the first bit.
  [[nodiscard]] bool reset();
  static constexpr uint32_t kRestAfterResetUs = 410;

  // Least significant bit first.
  void write_byte(uint8_t byte);
  uint8_t read_byte();

 private:
  void write_bit(bool bit);
  bool read_bit();

  OneWirePort& port_;
};

// CRC-8 of 1-Wire devices: x^8 + x^5 + x^4 + 1, reflected. 0 over data with its CRC.
uint8_t one_wire_crc(const uint8_t* data, uint32_t size);

}  // namespace signalbox
