#include "units/drivers/bme280.h"

#include <doctest/doctest.h>
#include <string.h>

#include <cmath>
#include <random>
#include <vector>

using namespace signalbox;

namespace {

// The example of the BMP280's data sheet (section 3.12), whose temperature and pressure
// the BME280 computes alike; the humidity's numbers are made up within their ranges.
constexpr Bme280Calibration kExample = {27504, 26435, -1000, 36477, -10685, 3024,
                                        2855,  140,   -7,    15500, -14600, 6000,
                                        75,    362,   0,     315,   50,     30};
constexpr Bme280Raw kExampleRaw = {519888, 415148, 30000};

// The same formulas in floating point, as the data sheet gives them beside the integers.
double celsius_of(const Bme280Calibration& of, double raw, double& fine) {
  const double first = (raw / 16384.0 - of.t1 / 1024.0) * of.t2;
  const double from = raw / 131072.0 - of.t1 / 8192.0;
  fine = first + from * from * of.t3;
  return fine / 5120.0;
}
double pascal_of(const Bme280Calibration& of, double raw, double fine) {
  const double half = fine / 2.0 - 64000.0;
  double offset = half * half * of.p6 / 32768.0 + half * of.p5 * 2.0;
  offset = offset / 4.0 + of.p4 * 65536.0;
  double scale = (of.p3 * half * half / 524288.0 + of.p2 * half) / 524288.0;
  scale = (1.0 + scale / 32768.0) * of.p1;
  double pascal = (1048576.0 - raw - offset / 4096.0) * 6250.0 / scale;
  pascal +=
      (of.p9 * pascal * pascal / 2147483648.0 + pascal * of.p8 / 32768.0 + of.p7) / 16.0;
  return pascal;
}
double percent_of(const Bme280Calibration& of, double raw, double fine) {
  const double from = fine - 76800.0;
  double percent = raw - (of.h4 * 64.0 + of.h5 / 16384.0 * from);
  percent *= of.h2 / 65536.0 *
             (1.0 + of.h6 / 67108864.0 * from * (1.0 + of.h3 / 67108864.0 * from));
  percent *= 1.0 - of.h1 * percent / 524288.0;
  return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

// The registers of a chip, and what is written to them.
struct FakeChip final : I2cPort {
  bool write(uint8_t to, uint8_t reg, uint8_t value) override {
    if (to != address || is_gone) return false;
    writes.push_back(static_cast<uint16_t>(reg << 8 | value));
    registers[reg] = value;
    if (reg == 0xF4) looks_while_measuring = 2;
    return true;
  }
  bool read(uint8_t from, uint8_t reg, uint8_t* into, size_t size) override {
    if (from != address || is_gone) return false;
    if (reg == 0xF3) registers[reg] = looks_while_measuring-- > 0 ? 0x08 : 0x00;
    memcpy(into, registers + reg, size);
    ++reads;
    return true;
  }
  // The example as bytes.
  FakeChip() {
    const uint8_t low[] = {0x70, 0x6B, 0x43, 0x67, 0x18, 0xFC, 0x7D, 0x8E, 0x43,
                           0xD6, 0xD0, 0x0B, 0x27, 0x0B, 0x8C, 0x00, 0xF9, 0xFF,
                           0x8C, 0x3C, 0xF8, 0xC6, 0x70, 0x17, 0x00, 0x4B};
    // h4 315 = 0x13B and h5 50 = 0x032 share the byte 0x2B.
    const uint8_t high[] = {0x6A, 0x01, 0x00, 0x13, 0x2B, 0x03, 0x1E};
    // 415148 = 0x655AC, 519888 = 0x7EED0, 30000 = 0x7530
    const uint8_t data[] = {0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00, 0x75, 0x30};
    registers[0xD0] = 0x60;
    memcpy(registers + 0x88, low, sizeof low);
    memcpy(registers + 0xE1, high, sizeof high);
    memcpy(registers + 0xF7, data, sizeof data);
  }
  uint8_t registers[256] = {};
  uint8_t address = 0x76;
  bool is_gone = false;
  int looks_while_measuring = 0;
  int reads = 0;
  std::vector<uint16_t> writes;
};

struct Measured {
  ClimateDriver::Progress progress;
  ClimateSample sample;
  uint64_t elapsed_ms;
};

Measured measure(Bme280& driver, uint64_t begin_ms = 0) {
  Measured measured = {ClimateDriver::Progress::kBusy, {}, 0};
  driver.begin(begin_ms);
  uint64_t now_ms = begin_ms;
  while (measured.progress == ClimateDriver::Progress::kBusy) {
    uint32_t wait_ms = 0;
    measured.progress = driver.poll(now_ms, wait_ms, measured.sample);
    now_ms += wait_ms;
    REQUIRE(now_ms < begin_ms + 1000);
  }
  measured.elapsed_ms = now_ms - begin_ms;
  return measured;
}

}  // namespace

TEST_CASE("the data sheet's worked example comes out to the last integer") {
  Bme280Result result;
  REQUIRE(compensate_bme280(kExample, kExampleRaw, result));
  CHECK(result.fine_temperature == 128422);
  CHECK(result.celsius_hundredth == 2508);
  // The drawing says 25767236; its own formula in integers yields 3 less, 0.01 Pa.
  CHECK(result.pascal_q8 == 25767233);
}

TEST_CASE("integers and floating point agree over what the chip measures") {
  std::mt19937 random(280);
  std::uniform_int_distribution<int32_t> temperature(400000, 640000);
  std::uniform_int_distribution<int32_t> pressure(250000, 600000);
  std::uniform_int_distribution<int32_t> humidity(20000, 45000);
  int compared = 0;
  for (int i = 0; i < 2000; ++i) {
    const Bme280Raw raw = {temperature(random), pressure(random), humidity(random)};
    Bme280Result result;
    if (!compensate_bme280(kExample, raw, result)) continue;
    ++compared;
    double fine = 0;
    CHECK(std::abs(result.celsius_hundredth / 100.0 -
                   celsius_of(kExample, raw.temperature, fine)) < 0.02);
    CHECK(std::abs(result.pascal_q8 / 256.0 - pascal_of(kExample, raw.pressure, fine)) <
          1.0);
    CHECK(std::abs(result.percent_q10 / 1024.0 -
                   percent_of(kExample, raw.humidity, fine)) < 0.05);
  }
  CHECK(compared > 1000);
}

TEST_CASE("no calibration makes the arithmetic overflow") {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> byte(0, 255);
  int refused = 0;
  for (int i = 0; i < 100000; ++i) {
    uint8_t low[26], high[7], data[8];
    for (uint8_t& one : low) one = static_cast<uint8_t>(byte(random));
    for (uint8_t& one : high) one = static_cast<uint8_t>(byte(random));
    for (uint8_t& one : data) one = static_cast<uint8_t>(byte(random));
    const Bme280Raw raw = {data[3] << 12 | data[4] << 4 | data[5] >> 4,
                           data[0] << 12 | data[1] << 4 | data[2] >> 4,
                           data[6] << 8 | data[7]};
    Bme280Result result;
    if (!compensate_bme280(parse_bme280_calibration(low, high), raw, result)) ++refused;
  }
  CHECK(refused > 0);
  CHECK(refused < 100000);
}

TEST_CASE("calibration bytes are read as the data sheet lays them out") {
  FakeChip chip;
  const Bme280Calibration of =
      parse_bme280_calibration(chip.registers + 0x88, chip.registers + 0xE1);
  CHECK(of.t1 == kExample.t1);
  CHECK(of.t2 == kExample.t2);
  CHECK(of.t3 == kExample.t3);
  CHECK(of.p1 == kExample.p1);
  CHECK(of.p2 == kExample.p2);
  CHECK(of.p3 == kExample.p3);
  CHECK(of.p4 == kExample.p4);
  CHECK(of.p5 == kExample.p5);
  CHECK(of.p6 == kExample.p6);
  CHECK(of.p7 == kExample.p7);
  CHECK(of.p8 == kExample.p8);
  CHECK(of.p9 == kExample.p9);
  CHECK(of.h1 == kExample.h1);
  CHECK(of.h2 == kExample.h2);
  CHECK(of.h3 == kExample.h3);
  CHECK(of.h4 == kExample.h4);
  CHECK(of.h5 == kExample.h5);
  CHECK(of.h6 == kExample.h6);
  const uint8_t negative[] = {0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
  const Bme280Calibration below = parse_bme280_calibration(chip.registers, negative);
  CHECK(below.h4 == -1);
  CHECK(below.h5 == -1);
  CHECK(below.h6 == -1);
}

TEST_CASE("a measurement goes by the registers, once each, without waiting") {
  FakeChip chip;
  Bme280 driver(chip);
  const Measured first = measure(driver);
  CHECK(first.progress == ClimateDriver::Progress::kDone);
  CHECK(first.sample.celsius_e4 == 250800);
  CHECK(first.sample.pascal == 100653);
  double fine = 0;
  (void)celsius_of(kExample, kExampleRaw.temperature, fine);
  CHECK(std::abs(first.sample.percent_e2 / 100.0 -
                 percent_of(kExample, kExampleRaw.humidity, fine)) < 0.05);
  // Humidity first: it takes effect with the other.
  CHECK(chip.writes == std::vector<uint16_t>{0xF201, 0xF425});
  CHECK(first.elapsed_ms == 11 + 2 + 2);
  const int reads = chip.reads;
  CHECK(measure(driver, 5000).progress == ClimateDriver::Progress::kDone);
  CHECK(chip.reads == reads + 4);  // three looks at the status and the data
}

TEST_CASE("a chip at the second address is found, and one that is no BME280 is not") {
  FakeChip chip;
  chip.address = 0x77;
  Bme280 driver(chip);
  CHECK(measure(driver).progress == ClimateDriver::Progress::kDone);
  FakeChip other;
  other.registers[0xD0] = 0x58;  // a BMP280, which has no humidity
  Bme280 unhappy(other);
  CHECK(measure(unhappy).progress == ClimateDriver::Progress::kFailed);
}

TEST_CASE("a chip that disappears and returns is found and read again") {
  FakeChip chip;
  Bme280 driver(chip);
  CHECK(measure(driver).progress == ClimateDriver::Progress::kDone);
  chip.is_gone = true;
  CHECK(measure(driver, 1000).progress == ClimateDriver::Progress::kFailed);
  chip.is_gone = false;
  chip.address = 0x77;
  CHECK(measure(driver, 2000).progress == ClimateDriver::Progress::kDone);
}

TEST_CASE("a chip that vanishes at any step is a failure, and is not read further") {
  for (int reads_before = 0; reads_before < 6; ++reads_before) {
    FakeChip chip;
    Bme280 driver(chip);
    ClimateSample sample;
    uint32_t wait_ms = 0;
    driver.begin(0);
    uint64_t now_ms = 0;
    auto progress = ClimateDriver::Progress::kBusy;
    while (progress == ClimateDriver::Progress::kBusy) {
      chip.is_gone = chip.reads >= reads_before;
      progress = driver.poll(now_ms, wait_ms, sample);
      now_ms += wait_ms;
    }
    CHECK(progress == ClimateDriver::Progress::kFailed);
    CHECK(driver.poll(now_ms, wait_ms, sample) == ClimateDriver::Progress::kFailed);
  }
}

TEST_CASE("a measurement without end is a failure") {
  FakeChip chip;
  Bme280 driver(chip);
  driver.begin(0);
  uint64_t now_ms = 0;
  auto progress = ClimateDriver::Progress::kBusy;
  while (progress == ClimateDriver::Progress::kBusy) {
    uint32_t wait_ms = 0;
    ClimateSample sample;
    chip.looks_while_measuring = 1000;
    progress = driver.poll(now_ms, wait_ms, sample);
    now_ms += wait_ms;
    REQUIRE(now_ms < 1000);
  }
  CHECK(progress == ClimateDriver::Progress::kFailed);
}

TEST_CASE("values that were not measured are none") {
  Bme280Result result;
  Bme280Raw raw = kExampleRaw;
  raw.humidity = 0x8000;
  CHECK_FALSE(compensate_bme280(kExample, raw, result));
  raw = kExampleRaw;
  raw.pressure = 0x80000;
  CHECK_FALSE(compensate_bme280(kExample, raw, result));
  raw = kExampleRaw;
  raw.temperature = 0x80000;
  CHECK_FALSE(compensate_bme280(kExample, raw, result));
  Bme280Calibration blank = {};
  CHECK_FALSE(compensate_bme280(blank, kExampleRaw, result));
}
