// Temperature, humidity and air pressure by a Bosch BME280 on I2C. Registers, their
// meaning and the compensation are those of its data sheet (BST-BME280-DS002, sections 4
// and 5).
#pragma once

#include <stddef.h>

#include "units/drivers/climate_driver.h"

namespace signalbox {

class I2cPort {
 public:
  // False where nobody acknowledges. `address` has 7 bits.
  [[nodiscard]] virtual bool write(uint8_t address, uint8_t reg, uint8_t value) = 0;
  [[nodiscard]] virtual bool read(uint8_t address, uint8_t reg, uint8_t* into,
                                  size_t size) = 0;

 protected:
  ~I2cPort() = default;
};

// The calibration that the manufacturer stored in the chip.
struct Bme280Calibration {
  uint16_t t1;
  int16_t t2, t3;
  uint16_t p1;
  int16_t p2, p3, p4, p5, p6, p7, p8, p9;
  uint8_t h1;
  int16_t h2;
  uint8_t h3;
  int16_t h4, h5;
  int8_t h6;
};

struct Bme280Raw {
  int32_t temperature;  // 20 bits
  int32_t pressure;     // 20 bits
  int32_t humidity;     // 16 bits
};

struct Bme280Result {
  int32_t fine_temperature;   // t_fine: carries the temperature to the other two
  int32_t celsius_hundredth;  // 5123 is 51.23 degrees
  uint32_t pascal_q8;         // 24.8 bits: 24674867 is 96386.2 Pa
  uint32_t percent_q10;       // 22.10 bits: 47445 is 46.333 %
};

// `low` are the 26 bytes from register 0x88, `high` the 7 from 0xE1.
Bme280Calibration parse_bme280_calibration(const uint8_t* low, const uint8_t* high);

// False if the values cannot be those of a working chip.
[[nodiscard]] bool compensate_bme280(const Bme280Calibration& of, const Bme280Raw& raw,
                                     Bme280Result& out);

class Bme280 final : public ClimateDriver {
 public:
  explicit Bme280(I2cPort& port) : port_(port) {}

  uint8_t quantities() const override { return 3; }
  void begin(uint64_t now_ms) override;
  Progress poll(uint64_t now_ms, uint32_t& wait_ms, ClimateSample& out) override;

 private:
  enum class Step : uint8_t { kFind, kCalibrate, kStart, kMeasuring, kEnd };
  Progress go_on(bool good, Step next, uint32_t& wait_ms);
  Progress fail();
  [[nodiscard]] bool find();
  [[nodiscard]] bool calibrate();
  [[nodiscard]] bool start();
  Progress look(uint64_t now_ms, uint32_t& wait_ms, ClimateSample& out);

  I2cPort& port_;
  uint8_t address_ = 0;  // 0: not found yet
  bool is_calibrated_ = false;
  Bme280Calibration calibration_ = {};
  Step step_ = Step::kEnd;
  uint64_t measuring_since_ms_ = 0;
};

}  // namespace signalbox
