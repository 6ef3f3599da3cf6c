// A unit of stock on a fake board, with a clock the test turns by hand.
#pragma once

#include "tests/base.h"
#include "tests/fake_board.h"
#include "units/button_unit.h"
#include "units/lamp_unit.h"
#include "units/light_sensor_unit.h"
#include "units/relay_unit.h"
#include "units/thermometer_unit.h"

namespace signalbox::test {

constexpr UnitIdentity kLampIdentity = {
    "lamp-4f2a91", LampUnit::kModel,      "0.1.0",
    0xDEADBEEF,    ResetReason::kPowerOn, LampUnit::kPolicy};
constexpr UnitIdentity kLightIdentity = {
    "light-1",  LightSensorUnit::kModel, "0.1.0",
    0x11223344, ResetReason::kSoftware,  LightSensorUnit::kPolicy};
constexpr UnitIdentity kRelayIdentity = {
    "relay-1",  RelayUnit::kModel,     "0.1.0",
    0x55667788, ResetReason::kPowerOn, RelayUnit::kPolicy};
constexpr UnitIdentity kButtonIdentity = {
    "button-1", ButtonUnit::kModel,    "0.1.0",
    0x99AABBCC, ResetReason::kPowerOn, ButtonUnit::kPolicy};
constexpr UnitIdentity kThermometerIdentity = {
    "climate-1", ThermometerUnit::kModel, "0.1.0",
    0xDDEEFF00,  ResetReason::kPowerOn,   ThermometerUnit::kPolicy};

// Lets a unit run, and time pass in steps of a millisecond.
class Fixture {
 public:
  explicit Fixture(Unit& unit) : unit_(unit) {}

  // Until the unit has nothing more to do at this instant.
  void settle() {
    for (int turns = 0; unit_.poll(now_ms) == 0; ++turns) {
      if (unit_.ready_to_restart()) return;
      REQUIRE(turns < 1000);
    }
  }
  void pass(uint64_t ms) {
    for (uint64_t i = 0; i < ms; ++i) {
      ++now_ms;
      settle();
    }
  }
  void connect(Base& base) { unit_.accept(base.link, now_ms); }
  // Connects and says hello; what the unit answers is read away.
  void say_hello(Base& base) {
    connect(base);
    base.send(hello());
    settle();
    const Envelope answer = base.heard_one();
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  }
  Result call(Base& base, const Envelope& request) {
    base.send(request);
    settle();
    return base.result();
  }

  uint64_t now_ms = 1000;

 private:
  Unit& unit_;
};

struct LampFixture : FakeBoard {
  FakeLamp lamp;
  LampUnit unit{kLampIdentity, ports, lamp, {}, LinkProtection::plain()};
  Fixture fixture{unit.unit};
};

struct LightFixture : FakeBoard {
  FakeLight light;
  LightSensorUnit unit{kLightIdentity, ports, light, 100, LinkProtection::plain()};
  Fixture fixture{unit.unit};
};

struct RelayFixture : FakeBoard {
  explicit RelayFixture(const RelaySettings& settings = {})
      : unit(kRelayIdentity, ports, relay, settings, LinkProtection::plain()) {
    unit.relay.begin();
  }
  FakeRelay relay;
  RelayUnit unit;
  Fixture fixture{unit.unit};
};

struct ButtonFixture : FakeBoard {
  FakeButton button;
  ButtonUnit unit{kButtonIdentity, ports, button, LinkProtection::plain()};
  Fixture fixture{unit.unit};
};

struct ClimateFixture : FakeBoard {
  explicit ClimateFixture(uint8_t quantities = 3) { climate.how_many = quantities; }
  FakeClimate climate;
  ThermometerUnit unit{kThermometerIdentity, ports, climate, 1000,
                       LinkProtection::plain()};
  Fixture fixture{unit.unit};
};

}  // namespace signalbox::test
