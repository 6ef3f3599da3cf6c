// How long a turn of the board's loop waits: each stock unit with its real driver and its
// real link on a simulated chip, whose clock only their waits and registers move on.
// What a turn computes is counted in instructions by npm run firmware:esp8266.
#include <doctest/doctest.h>

#include <string>

#include "esp8266/one_wire_pin.h"
#include "esp8266/pulse_pin.h"
#include "esp8266/pwm_lamp.h"
#include "esp8266/wifi_link.h"
#include "esp8266/ws2812_lamp.h"
#include "tests/fake_one_wire.h"
#include "tests/fixture.h"
#include "tests/messages.h"
#include "units/drivers/bme280.h"
#include "units/drivers/ds18b20.h"

using namespace signalbox;
using namespace signalbox::test;
using signalbox::esp8266::WifiLink;

namespace {

constexpr uint64_t kMs = 1000000;
constexpr uint64_t kMaxTurnNs = 50 * kMs;

// What a base says comes in; what the unit says goes out over the board's own link.
class SaidLink final : public Link {
 public:
  SaidLink() { below_.open(WiFiClient(tcp)); }
  size_t read(uint8_t* into, size_t capacity) override {
    const size_t chunk = bytes_.size() < capacity ? bytes_.size() : capacity;
    memcpy(into, bytes_.data(), chunk);
    bytes_.erase(0, chunk);
    return chunk;
  }
  size_t write(const uint8_t* data, size_t size) override {
    return below_.write(data, size);
  }
  bool is_open() override { return below_.is_open(); }
  void close() override { below_.close(); }
  void say(const Envelope& envelope) {
    uint8_t frame[kMaxFrameBytes];
    const size_t size = encode_plain_frame(envelope, frame, sizeof frame);
    bytes_.append(reinterpret_cast<const char*>(frame), size);
  }
  size_t unread_bytes() const { return bytes_.size(); }

  std::shared_ptr<SimulatedTcp> tcp = std::make_shared<SimulatedTcp>();

 private:
  WifiLink below_;
  std::string bytes_;
};

// A BME280 whose registers are all zero, on a bus of 400 kHz: each byte takes its time.
struct TimedI2c final : I2cPort {
  bool write(uint8_t, uint8_t, uint8_t) override { return pass(3); }
  bool read(uint8_t, uint8_t reg, uint8_t* into, size_t size) override {
    memset(into, 0, size);
    if (reg == 0xD0) into[0] = 0x60;  // its identity
    return pass(3 + size);
  }
  static bool pass(size_t bytes) {
    chip().pass(bytes * 25000);
    return true;
  }
};

// The longest turn in 10 s of a base that floods the unit with requests, the
// second half of them without acknowledging anything.
uint64_t longest_turn_ns(Unit& unit) {
  const auto now_ms = [] { return chip().now_ns / kMs; };
  SaidLink link;
  unit.accept(link, now_ms());
  uint32_t id = 1;
  link.say(hello(id++));
  for (uint32_t pid = 0; pid < 8; ++pid) link.say(subscribe(id++, 32 + pid, 100));
  uint64_t longest_ns = 0;
  constexpr int kTurns = 5000;
  for (int turn = 0; turn < kTurns; ++turn) {
    if (turn == kTurns / 2) link.tcp->acknowledges = false;
    while (link.unread_bytes() < 512) {
      ++id;
      link.say(write(id, Lamp::kOn, boolean(id % 2 == 0), {id, 0}, 1000));
      link.say(write(id + 1000000, Lamp::kColor, color(id & 0xFF), {id + 1000000, 0}));
      link.say(read(id + 2000000, 32 + id % 8));
    }
    const uint64_t since_ns = chip().now_ns;
    (void)unit.poll(now_ms());
    if (chip().now_ns - since_ns > longest_ns) longest_ns = chip().now_ns - since_ns;
    chip().enter_flash();
    chip().pass(2 * kMs);
  }
  CHECK(unit.counters().requests_done > 100);
  // Nobody acknowledged, so it is full.
  CHECK(link.tcp->segments > 0);
  return longest_ns;
}

void begin_chip() {
  SimulatedChip& on = new_chip();
  on.miss_ns = 20000;
  on.radio_ns = 8000;
}

template <typename Driver, typename Port>
uint64_t longest_of_thermometer(Port& port) {
  FakeBoard board;
  Driver driver(port);
  ThermometerUnit unit(kThermometerIdentity, board.ports, driver, 5000,
                       LinkProtection::plain());
  return longest_turn_ns(unit.unit);
}

}  // namespace

TEST_CASE("no turn of a lamp of WS2812 waits 50 ms, in flood or without a base") {
  begin_chip();
  FakeBoard board;
  esp8266::Ws2812Lamp port;
  port.begin();
  LampUnit unit(kLampIdentity, board.ports, port, {}, LinkProtection::plain());
  CHECK(longest_turn_ns(unit.unit) < kMaxTurnNs);
  CHECK(chip().filled.size() > 100 * esp8266::Ws2812Lamp::kSignalBytes);
}

TEST_CASE("no turn of a lamp on three pins waits for more than a period of each") {
  begin_chip();
  FakeBoard board;
  esp8266::PwmLamp port;
  port.begin();
  LampUnit unit(kLampIdentity, board.ports, port, {}, LinkProtection::plain());
  constexpr uint64_t kPeriods = 3;
  CHECK(longest_turn_ns(unit.unit) < 2 * kPeriods * kMs);
  CHECK(chip().analog_writes > 100);
}

TEST_CASE("no turn of a thermometer waits 50 ms, whatever its sensor") {
  SUBCASE("a DS18B20") {
    begin_chip();
    FakeOneWire device;
    bool is_low = false;
    chip().on_drive = [&](bool high) {
      device.now_us = static_cast<double>(chip().now_ns) / 1000;
      if (!high) {
        device.line().drive_low();
      } else if (is_low) {
        device.line().release();
      }
      is_low = !high;
    };
    chip().level = [&device] {
      device.now_us = static_cast<double>(chip().now_ns) / 1000;
      return device.line().is_high();
    };
    esp8266::OneWirePin pin;
    pin.begin();
    CHECK(longest_of_thermometer<Ds18b20>(pin) < kMaxTurnNs);
  }
  SUBCASE("a DHT22 that does not answer") {
    begin_chip();
    esp8266::PulsePin pin;
    pin.begin();
    CHECK(longest_of_thermometer<Dht22>(pin) < kMaxTurnNs);
  }
  SUBCASE("a BME280") {
    begin_chip();
    TimedI2c bus;
    CHECK(longest_of_thermometer<Bme280>(bus) < kMaxTurnNs);
  }
}

TEST_CASE("no turn of a relay, a button or a light sensor waits 50 ms") {
  begin_chip();
  FakeBoard board;
  FakeRelay relay_port;
  RelayUnit relay(kRelayIdentity, board.ports, relay_port, {}, LinkProtection::plain());
  relay.relay.begin();
  CHECK(longest_turn_ns(relay.unit) < kMaxTurnNs);
  FakeButton button_port;
  ButtonUnit button(kButtonIdentity, board.ports, button_port, LinkProtection::plain());
  CHECK(longest_turn_ns(button.unit) < kMaxTurnNs);
  FakeLight light_port;
  LightSensorUnit light(kLightIdentity, board.ports, light_port, 200,
                        LinkProtection::plain());
  CHECK(longest_turn_ns(light.unit) < kMaxTurnNs);
}
