// What our shell uses of the Arduino core's Wire library, declared so that a compiler can
// check the shell without it.
#pragma once

#include <stddef.h>
#include <stdint.h>

class TwoWire {
 public:
  void begin(int sda, int scl);
  void setClock(uint32_t hertz);
  void setClockStretchLimit(uint32_t us);
  void beginTransmission(uint8_t address);
  size_t write(uint8_t byte);
  uint8_t endTransmission(bool send_stop);
  size_t requestFrom(uint8_t address, size_t size, bool send_stop);
  int read();
};
extern TwoWire Wire;
