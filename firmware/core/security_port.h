// Port: what encryption needs of a board.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

class SecurityPort {
 public:
  // Unpredictable bytes: from the hardware's or the system's generator.
  virtual void fill_random(uint8_t* into, size_t size) = 0;

  // Begin and end of a computation that takes over a hundred milliseconds on an ESP8266.
  // The chip may run faster in between.
  virtual void begin_computing() {}
  virtual void end_computing() {}

  // Called every few milliseconds of it: the system has its turn, and the watchdog is
  // fed. Nothing of the unit may be called meanwhile.
  virtual void rest() = 0;

 protected:
  ~SecurityPort() = default;
};

class LongComputation {
 public:
  explicit LongComputation(SecurityPort& port) : port_(port) { port_.begin_computing(); }
  ~LongComputation() { port_.end_computing(); }
  LongComputation(const LongComputation&) = delete;
  LongComputation& operator=(const LongComputation&) = delete;

 private:
  SecurityPort& port_;
};

}  // namespace signalbox
