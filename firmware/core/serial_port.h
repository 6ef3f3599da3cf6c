// Port: a serial line.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

class SerialPort {
 public:
  // Accepts what fits now, at most `size`, and returns how many bytes. Never blocks.
  virtual size_t write(const uint8_t* data, size_t size) = 0;
  // Copies received bytes, at most `capacity`; 0 when there are none. Never waits.
  virtual size_t read(uint8_t* into, size_t capacity) = 0;

 protected:
  ~SerialPort() = default;
};

}  // namespace signalbox
