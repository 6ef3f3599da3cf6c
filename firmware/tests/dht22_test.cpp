#include "units/drivers/dht22.h"

#include <doctest/doctest.h>

#include <vector>

using namespace signalbox;

namespace {

using Intervals = std::vector<uint16_t>;

// An answer with the data sheet's typical times: 80 us low and 80 us high, then for each
// bit 50 us low and 26 or 70 us high.
Intervals answer(const std::vector<uint8_t>& bytes) {
  Intervals intervals = {80 + 80};
  for (const uint8_t byte : bytes) {
    for (int bit = 7; bit >= 0; --bit) {
      intervals.push_back(static_cast<uint16_t>(50 + ((byte >> bit & 1) != 0 ? 70 : 26)));
    }
  }
  return intervals;
}

bool decode(const Intervals& intervals, ClimateSample& out) {
  return decode_dht22(intervals.data(), intervals.size(), out);
}

// The example of the data sheet: 65.2 % and 35.1 degrees.
const std::vector<uint8_t> kExample = {0x02, 0x8C, 0x01, 0x5F, 0xEE};

struct FakePulses final : PulsePort {
  void pull_low() override { is_low = true; }
  void release_and_time() override {
    is_low = false;
    is_timing = true;
  }
  size_t read_intervals_us(uint16_t* into, size_t capacity) override {
    is_timing = false;
    for (size_t i = 0; i < capacity && i < intervals.size(); ++i) into[i] = intervals[i];
    return intervals.size();
  }
  Intervals intervals = answer(kExample);
  bool is_low = false;
  bool is_timing = false;
};

}  // namespace

TEST_CASE("the data sheet's examples are decoded") {
  ClimateSample sample;
  REQUIRE(decode(answer(kExample), sample));
  CHECK(sample.percent_e2 == 6520);
  CHECK(sample.celsius_e4 == 351000);
  // Below zero: the highest bit is a sign, 10.1 degrees stand behind it.
  REQUIRE(decode(answer({0x02, 0x8C, 0x80, 0x65, 0x73}), sample));
  CHECK(sample.celsius_e4 == -101000);
}

TEST_CASE("times at the edge of what the data sheet allows are understood") {
  ClimateSample sample;
  Intervals slow = answer(kExample);
  Intervals fast = answer(kExample);
  for (size_t i = 0; i < slow.size(); ++i) {
    if (i == 0) {
      slow[i] = 85 + 85;
      fast[i] = 75 + 75;
    } else {
      const bool is_one = slow[i] == 120;
      slow[i] = is_one ? 55 + 75 : 55 + 30;
      fast[i] = is_one ? 48 + 68 : 48 + 22;
    }
  }
  CHECK(decode(slow, sample));
  CHECK(sample.celsius_e4 == 351000);
  CHECK(decode(fast, sample));
  CHECK(sample.percent_e2 == 6520);
}

TEST_CASE("a whole answer is needed, no edge less and none more") {
  ClimateSample sample;
  for (size_t count = 0; count < 60; ++count) {
    Intervals intervals = answer(kExample);
    intervals.resize(count, 76);
    CHECK(decode(intervals, sample) == (count == 41));
  }
}

TEST_CASE("any single bit that is wrong is found by the sum") {
  ClimateSample sample;
  for (size_t bit = 1; bit <= 40; ++bit) {
    Intervals intervals = answer(kExample);
    intervals[bit] = static_cast<uint16_t>(196 - intervals[bit]);  // 76 for 120
    CHECK_FALSE(decode(intervals, sample));
  }
}

TEST_CASE("a time that is neither a 0 nor a 1 spoils the answer") {
  ClimateSample sample;
  for (const uint16_t wrong : Intervals{0, 54, 161, 1000, 65535}) {
    Intervals intervals = answer(kExample);
    intervals[7] = wrong;
    CHECK_FALSE(decode(intervals, sample));
  }
  for (const uint16_t wrong : Intervals{0, 124, 186}) {
    Intervals intervals = answer(kExample);
    intervals[0] = wrong;
    CHECK_FALSE(decode(intervals, sample));
  }
}

TEST_CASE("what the sensor cannot measure is not believed, whatever its sum") {
  ClimateSample sample;
  CHECK_FALSE(decode(answer({0x03, 0xE9, 0x00, 0x00, 0xEC}), sample));  // 100.1 %
  CHECK_FALSE(decode(answer({0x00, 0x00, 0x03, 0x21, 0x24}), sample));  // 80.1 degrees
  CHECK_FALSE(decode(answer({0x00, 0x00, 0x81, 0x91, 0x12}), sample));  // -40.1 degrees
  CHECK(decode(answer({0x03, 0xE8, 0x81, 0x90, 0xFC}), sample));
  CHECK(sample.celsius_e4 == -400000);
  CHECK(sample.percent_e2 == 10000);
}

TEST_CASE("a measurement calls, listens and decodes, each in its turn") {
  FakePulses line;
  Dht22 driver(line);
  ClimateSample sample;
  uint32_t wait_ms = 0;
  driver.begin(100);
  CHECK(line.is_low);
  CHECK(driver.poll(100, wait_ms, sample) == ClimateDriver::Progress::kBusy);
  CHECK(wait_ms == 2);
  CHECK(driver.poll(101, wait_ms, sample) == ClimateDriver::Progress::kBusy);
  CHECK(line.is_low);
  CHECK(driver.poll(102, wait_ms, sample) == ClimateDriver::Progress::kBusy);
  CHECK_FALSE(line.is_low);
  CHECK(line.is_timing);
  CHECK(wait_ms == 8);
  CHECK(driver.poll(109, wait_ms, sample) == ClimateDriver::Progress::kBusy);
  CHECK(wait_ms == 1);
  CHECK(driver.poll(110, wait_ms, sample) == ClimateDriver::Progress::kDone);
  CHECK_FALSE(line.is_timing);
  CHECK(sample.celsius_e4 == 351000);
}

TEST_CASE("a delayed call is aborted, and the line released") {
  FakePulses line;
  Dht22 driver(line);
  ClimateSample sample;
  uint32_t wait_ms = 0;
  driver.begin(0);
  CHECK(driver.poll(20, wait_ms, sample) == ClimateDriver::Progress::kFailed);
  CHECK_FALSE(line.is_low);
  CHECK_FALSE(line.is_timing);
  driver.begin(2000);
  (void)driver.poll(2019, wait_ms, sample);
  CHECK(driver.poll(2027, wait_ms, sample) == ClimateDriver::Progress::kDone);
}

TEST_CASE("a sensor that does not answer is a failure") {
  FakePulses line;
  line.intervals.clear();
  Dht22 driver(line);
  ClimateSample sample;
  uint32_t wait_ms = 0;
  driver.begin(0);
  (void)driver.poll(2, wait_ms, sample);
  CHECK(driver.poll(10, wait_ms, sample) == ClimateDriver::Progress::kFailed);
  CHECK(driver.poll(11, wait_ms, sample) == ClimateDriver::Progress::kFailed);
}
