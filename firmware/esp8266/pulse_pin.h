// A DHT22's line on GPIO 4 (D2), with a pull-up of 4.7 to 10 kOhm to 3.3 V. An interrupt
// times its edges while the loop continues.
#pragma once

#include "units/drivers/dht22.h"

namespace signalbox::esp8266 {

// At most one: the interrupt's notes are the program's.
class PulsePin final : public PulsePort {
 public:
  // To be called once, at setup.
  void begin();

  void pull_low() override;
  void release_and_time() override;
  size_t read_intervals_us(uint16_t* into, size_t capacity) override;
};

}  // namespace signalbox::esp8266
