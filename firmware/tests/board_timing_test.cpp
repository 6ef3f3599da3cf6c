// The board's drivers to the microsecond, on a simulated chip whose flash is slow: a call
// that misses the cache costs 10 us, and the radio interrupts whenever it may.
#include <doctest/doctest.h>

#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "esp8266/one_wire_pin.h"
#include "esp8266/pulse_pin.h"
#include "esp8266/ws2812_lamp.h"
#include "tests/arduino/simulated_chip.h"
#include "tests/fake_one_wire.h"
#include "tests/recorded_waveforms.h"
#include "units/drivers/ds18b20.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr uint64_t kUs = 1000;
constexpr uint64_t kMissNs = 10 * kUs;
// Of a Wi-Fi interrupt.
constexpr uint64_t kRadioNs = 8 * kUs;

using Progress = ClimateDriver::Progress;

uint64_t now_ms() { return chip().now_ns / 1000000; }

// Lets a driver measure once.
template <typename Driver>
Progress measure(Driver& driver, ClimateSample& out) {
  driver.begin(now_ms());
  for (int step = 0; step < 1000; ++step) {
    uint32_t wait_ms = 0;
    const Progress progress = driver.poll(now_ms(), wait_ms, out);
    if (progress != Progress::kBusy) return progress;
    chip().enter_flash();
    chip().pass(wait_ms * 1000000ull);
  }
  return Progress::kFailed;
}

// A DS18B20 on the simulated pin.
struct Sensor {
  explicit Sensor(uint64_t miss_ns, uint64_t radio_ns) {
    SimulatedChip& on = new_chip();
    on.miss_ns = miss_ns;
    on.radio_ns = radio_ns;
    device.scratchpad[0] = 0x91;  // 25.0625 degrees
    device.scratchpad[1] = 0x01;
    device.scratchpad.back() = one_wire_crc(device.scratchpad.data(), 8);
    on.on_drive = [this](bool high) {
      device.now_us = static_cast<double>(chip().now_ns) / 1000;
      if (!high) {
        device.line().drive_low();
        is_low = true;
      } else if (is_low) {
        device.line().release();
        is_low = false;
      }
    };
    on.level = [this] {
      device.now_us = static_cast<double>(chip().now_ns) / 1000;
      return device.line().is_high();
    };
  }
  FakeOneWire device;
  bool is_low = false;
};

// The data sheet's example for a DHT22: 65.2 % and 35.1 degrees. Falling edges from the
// release on, with the shortest wait of the sensor, and each bit's high time as given.
std::vector<uint64_t> dht22_falls(uint64_t zero_us, uint64_t one_us) {
  constexpr uint8_t kBytes[] = {0x02, 0x8C, 0x01, 0x5F, 0xEE};
  uint64_t at_us = 20;
  std::vector<uint64_t> falls = {at_us * kUs};
  at_us += 80 + 80;
  falls.push_back(at_us * kUs);
  for (const uint8_t byte : kBytes) {
    for (int bit = 7; bit >= 0; --bit) {
      at_us += 50 + ((byte >> bit & 1) != 0 ? one_us : zero_us);
      falls.push_back(at_us * kUs);
    }
  }
  return falls;
}

// What the lights see: how long the line rested between two bytes of a signal, at most.
uint64_t longest_rest_ns(const std::vector<SimulatedChip::Filled>& filled) {
  uint64_t ends_ns = filled.front().at_ns;
  uint64_t longest_ns = 0;
  for (const SimulatedChip::Filled& one : filled) {
    if (one.at_ns > ends_ns) {
      longest_ns = one.at_ns - ends_ns > longest_ns ? one.at_ns - ends_ns : longest_ns;
      ends_ns = one.at_ns;
    }
    ends_ns += kWs2812ByteNs;
  }
  return longest_ns;
}

}  // namespace

TEST_CASE("the DS18B20 is read within its windows although the flash is slow") {
  for (const uint64_t miss_ns : {uint64_t{0}, kMissNs, 2 * kMissNs}) {
    CAPTURE(miss_ns);
    Sensor sensor(miss_ns, kRadioNs);
    esp8266::OneWirePin pin;
    pin.begin();
    Ds18b20 driver(pin);
    ClimateSample sample;
    CHECK(measure(driver, sample) == Progress::kDone);
    CHECK(sample.celsius_e4 == 250625);
    const std::string first =
        sensor.device.violations.empty() ? "" : sensor.device.violations.front();
    CHECK(first == "");
  }
}

TEST_CASE("a read slot has 2 us to spare, and none for a miss of the cache") {
  FakeOneWire line;
  line.step_us = 0.5;  // 5 steps up to the sample
  const auto violations_of_read = [&line] {
    line.violations.clear();
    CHECK(line.reset());
    line.let_pass_ms(1);
    for (const int bit : {0, 1, 1, 1, 1, 1, 0, 1}) line.write_bit(bit != 0);  // BEh
    for (int bit = 0; bit < 8; ++bit) (void)line.read_bit();
    return line.violations.size();
  };
  CHECK(violations_of_read() == 0);
  line.step_us = 2;
  CHECK(violations_of_read() > 0);
}

TEST_CASE("the DHT22's first edge is not missed, however soon it comes") {
  for (const uint64_t miss_ns : {uint64_t{0}, kMissNs, 2 * kMissNs}) {
    // The widest that the sensor's data sheet allows, and the typical.
    for (const auto& times : {std::pair<uint64_t, uint64_t>{26, 70}, {22, 75}}) {
      CAPTURE(miss_ns);
      SimulatedChip& on = new_chip();
      on.miss_ns = miss_ns;
      on.falls_ns = dht22_falls(times.first, times.second);
      esp8266::PulsePin pin;
      pin.begin();
      Dht22 driver(pin);
      ClimateSample sample;
      CHECK(measure(driver, sample) == Progress::kDone);
      CHECK(sample.percent_e2 == 6520);
      CHECK(sample.celsius_e4 == 351000);
    }
  }
}

TEST_CASE("recorded sensors are understood, though any edge is seen 10 us late") {
  // One edge, every other one, and none but the first of a byte, whose interval is the
  // longest.
  constexpr uint64_t kLateNs = 10 * kUs;
  const std::function<bool(size_t, size_t)> kPatterns[] = {
      [](size_t edge, size_t which) { return edge == which; },
      [](size_t edge, size_t which) { return edge % 2 == which % 2; },
      [](size_t edge, size_t which) { return (edge + which) % 8 == 2; }};
  for (const RecordedDht22& recorded : kRecordedDht22) {
    CAPTURE(std::string(recorded.device));
    for (size_t pattern = 0; pattern < std::size(kPatterns); ++pattern) {
      for (size_t which = 0; which < 42; ++which) {
        CAPTURE(pattern);
        CAPTURE(which);
        SimulatedChip& on = new_chip();
        on.miss_ns = kMissNs;
        uint64_t at_us = recorded.first_fall_us;
        on.falls_ns = {at_us * kUs};
        for (const uint16_t interval : recorded.intervals_us) {
          at_us += interval;
          on.falls_ns.push_back(at_us * kUs);
        }
        on.late_ns = [&](size_t edge) {
          return kPatterns[pattern](edge, which) ? kLateNs : uint64_t{0};
        };
        esp8266::PulsePin pin;
        pin.begin();
        Dht22 driver(pin);
        ClimateSample sample;
        REQUIRE(measure(driver, sample) == Progress::kDone);
        CHECK(sample.percent_e2 == recorded.percent_e2);
        CHECK(sample.celsius_e4 == recorded.celsius_e4);
      }
    }
  }
}

TEST_CASE("a DS18B20 that answers as recorded ones is read although the flash is slow") {
  for (const RecordedDs18b20& recorded : kRecordedDs18b20) {
    for (const uint64_t miss_ns : {uint64_t{0}, kMissNs, 2 * kMissNs}) {
      CAPTURE(recorded.presence_us);
      CAPTURE(miss_ns);
      Sensor sensor(miss_ns, kRadioNs);
      sensor.device.presence_after_us = recorded.presence_after_us;
      sensor.device.presence_us = recorded.presence_us;
      sensor.device.holds_zero_us = recorded.holds_zero_us;
      esp8266::OneWirePin pin;
      pin.begin();
      Ds18b20 driver(pin);
      ClimateSample sample;
      REQUIRE(measure(driver, sample) == Progress::kDone);
      CHECK(sample.celsius_e4 == 250625);
      CHECK(sensor.device.violations.empty());
    }
  }
}

TEST_CASE("a DS18B20 is read at every corner of its data sheet") {
  // Presence begins 15 to 60 us after the reset and lasts 60 to 240; a zero is certain
  // for 15 us and gone after 60.
  for (const double after_us : {15.0, 60.0}) {
    for (const double lasts_us : {60.0, 240.0}) {
      for (const double zero_us : {15.0, 60.0}) {
        CAPTURE(after_us);
        CAPTURE(lasts_us);
        CAPTURE(zero_us);
        Sensor sensor(kMissNs, kRadioNs);
        sensor.device.presence_after_us = after_us;
        sensor.device.presence_us = lasts_us;
        sensor.device.holds_zero_us = zero_us;
        esp8266::OneWirePin pin;
        pin.begin();
        Ds18b20 driver(pin);
        ClimateSample sample;
        CHECK(measure(driver, sample) == Progress::kDone);
        CHECK(sample.celsius_e4 == 250625);
      }
    }
  }
}

TEST_CASE("the signal of ten WS2812 has no gap although the radio interrupts") {
  SimulatedChip& on = new_chip();
  on.miss_ns = kMissNs;
  on.radio_ns = kRadioNs;
  esp8266::Ws2812Lamp lamp;
  lamp.begin();
  lamp.show({true, 0xFF8000, 100});
  REQUIRE(on.filled.size() == esp8266::Ws2812Lamp::kSignalBytes);
  CHECK(longest_rest_ns(on.filled) == 0);
  // With interrupts off for no longer than the system takes without harm.
  CHECK(on.filled.back().at_ns - on.filled.front().at_ns < 50 * kUs);
}

TEST_CASE("two signals of WS2812 are far enough apart to be two") {
  SimulatedChip& on = new_chip();
  esp8266::Ws2812Lamp lamp;
  lamp.begin();
  const uint64_t since_ns = on.now_ns;
  for (int i = 0; i < 3; ++i) lamp.show({true, 0xFF8000, 100});
  constexpr size_t kBytes = esp8266::Ws2812Lamp::kSignalBytes;
  REQUIRE(on.filled.size() == 3 * kBytes);
  for (size_t signal = 1; signal < 3; ++signal) {
    const uint64_t ended_ns =
        on.filled[(signal - 1) * kBytes].at_ns + kBytes * kWs2812ByteNs;
    CHECK(on.filled[signal * kBytes].at_ns >= ended_ns + kWs2812ResetUs * kUs);
  }
  CHECK(on.now_ns - since_ns < 3000 * kUs);
}
