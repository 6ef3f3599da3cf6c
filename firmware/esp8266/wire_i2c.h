// I2C on GPIO 4 (D2, SDA) and GPIO 5 (D1, SCL). Transfers run in software and take 25 us
// per byte: the longest one of the BME280 takes 0.8 ms.
#pragma once

#include "units/drivers/bme280.h"

namespace signalbox::esp8266 {

class WireI2c final : public I2cPort {
 public:
  // To be called once, at setup.
  void begin();

  bool write(uint8_t address, uint8_t reg, uint8_t value) override;
  bool read(uint8_t address, uint8_t reg, uint8_t* into, size_t size) override;
};

}  // namespace signalbox::esp8266
