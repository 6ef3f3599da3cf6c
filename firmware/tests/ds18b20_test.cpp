#include "units/drivers/ds18b20.h"

#include <doctest/doctest.h>

#include "tests/fake_one_wire.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

using Progress = ClimateDriver::Progress;

// A scratchpad with this temperature register, at 12 bits, with its CRC.
std::vector<uint8_t> scratchpad_of(uint16_t raw, uint8_t configuration = 0x7F) {
  std::vector<uint8_t> bytes = {static_cast<uint8_t>(raw),
                                static_cast<uint8_t>(raw >> 8),
                                0x4B,
                                0x46,
                                configuration,
                                0xFF,
                                0x0C,
                                0x10};
  bytes.push_back(one_wire_crc(bytes.data(), 8));
  return bytes;
}

struct Rigged {
  FakeOneWire line;
  Ds18b20 driver{line};
  double began_us = 0;

  // Lets the line's time and the driver's be one.
  Progress measure(ClimateSample& sample) {
    line.let_pass_ms(100);
    began_us = line.now_us;
    driver.begin(line.now_ms());
    for (;;) {
      uint32_t wait_ms = 0;
      const double before_us = line.now_us;
      const Progress progress = driver.poll(line.now_ms(), wait_ms, sample);
      longest_us = std::max(longest_us, line.now_us - before_us);
      if (progress != Progress::kBusy) return progress;
      // To the boundary of a millisecond, where an early caller would be.
      if (wait_ms > 0) line.now_us = static_cast<double>(line.now_ms() + wait_ms) * 1000;
    }
  }
  double celsius(uint16_t raw, uint8_t configuration = 0x7F) {
    line.scratchpad = scratchpad_of(raw, configuration);
    ClimateSample sample;
    REQUIRE(measure(sample) == Progress::kDone);
    CHECK(line.violations.empty());
    return sample.celsius_e4 / 10000.0;
  }
  double longest_us = 0;
};

}  // namespace

TEST_CASE("the CRC is that of the application note's example") {
  // Maxim's application note 27: the ROM 02 1C B8 01 00 00 00 has the CRC A2.
  const uint8_t rom[] = {0x02, 0x1C, 0xB8, 0x01, 0x00, 0x00, 0x00, 0xA2};
  CHECK(one_wire_crc(rom, 7) == 0xA2);
  CHECK(one_wire_crc(rom, 8) == 0);
}

TEST_CASE("the data sheet's table of temperatures is read over the wire") {
  Rigged sensor;
  CHECK(sensor.celsius(0x07D0) == 125);
  CHECK(sensor.celsius(0x0550) == 85);
  CHECK(sensor.celsius(0x0191) == 25.0625);
  CHECK(sensor.celsius(0x00A2) == 10.125);
  CHECK(sensor.celsius(0x0008) == 0.5);
  CHECK(sensor.celsius(0x0000) == 0);
  CHECK(sensor.celsius(0xFFF8) == -0.5);
  CHECK(sensor.celsius(0xFF5E) == -10.125);
  CHECK(sensor.celsius(0xFE6F) == -25.0625);
  CHECK(sensor.celsius(0xFC90) == -55);
}

TEST_CASE("every slot keeps to the windows of the data sheet, and no step is long") {
  Rigged sensor;
  (void)sensor.celsius(0x0191);
  CHECK(sensor.line.commands == std::vector<uint8_t>{0xCC, 0x44, 0xCC, 0xBE});
  CHECK(sensor.line.resets == 2);
  CHECK(sensor.line.violations.empty());
  CHECK(sensor.longest_us <= 600);
  // A whole conversion lay between.
  CHECK(sensor.line.now_us - sensor.began_us > 750000);
}

TEST_CASE("undefined bits of a lower resolution are left out") {
  Rigged sensor;
  CHECK(sensor.celsius(0x0197, 0x1F) == 25);     // 9 bits
  CHECK(sensor.celsius(0x0197, 0x3F) == 25.25);  // 10
  CHECK(sensor.celsius(0x0197, 0x5F) == 25.375);
  CHECK(sensor.celsius(0xFE6F, 0x1F) == -25.5);
}

TEST_CASE("85 degrees out of nowhere are a sensor that lost its supply") {
  Rigged sensor;
  sensor.line.scratchpad = scratchpad_of(0x0550);
  ClimateSample sample;
  CHECK(sensor.measure(sample) == Progress::kFailed);
  CHECK(sensor.celsius(0x0191) == 25.0625);
  sensor.line.scratchpad = scratchpad_of(0x0550);
  CHECK(sensor.measure(sample) == Progress::kFailed);
  CHECK(sensor.celsius(0x0548) == 84.5);
  CHECK(sensor.celsius(0x0550) == 85);
}

TEST_CASE("any bit that is wrong on the wire is found by the CRC") {
  for (size_t bit = 0; bit < 72; ++bit) {
    Rigged sensor;
    sensor.line.scratchpad = scratchpad_of(0x0191);
    sensor.line.scratchpad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ClimateSample sample;
    CHECK(sensor.measure(sample) == Progress::kFailed);
  }
}

TEST_CASE("zeros, ones, no device and a short are failures") {
  ClimateSample sample;
  Rigged zeros;
  zeros.line.scratchpad.assign(9, 0x00);
  CHECK(zeros.measure(sample) == Progress::kFailed);
  Rigged ones;
  ones.line.scratchpad.assign(9, 0xFF);
  CHECK(ones.measure(sample) == Progress::kFailed);
  Rigged nobody;
  nobody.line.is_present = false;
  CHECK(nobody.measure(sample) == Progress::kFailed);
  CHECK(nobody.line.commands.empty());
  Rigged shorted;
  shorted.line.is_shorted = true;
  CHECK(shorted.measure(sample) == Progress::kFailed);
  CHECK(shorted.line.resets == 0);
  uint32_t wait_ms = 0;
  CHECK(shorted.driver.poll(0, wait_ms, sample) == Progress::kFailed);
}

TEST_CASE("a sensor that is plugged in later is found") {
  Rigged sensor;
  sensor.line.is_present = false;
  ClimateSample sample;
  CHECK(sensor.measure(sample) == Progress::kFailed);
  sensor.line.is_present = true;
  CHECK(sensor.celsius(0x0191) == 25.0625);
}
