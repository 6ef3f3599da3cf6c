// Port: what encryption needs of a board.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

class SecurityPort {
 public:
  // Bytes that nobody can foresee: from the hardware's or the system's generator.
  virtual void fill_random(uint8_t* into, size_t size) = 0;

  // Called between the long computations of a handshake, each of which takes a good
  // hundred milliseconds on an ESP8266.
  virtual void feed_watchdog() = 0;

 protected:
  ~SecurityPort() = default;
};

}  // namespace signalbox
