#include "units/relay.h"

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Connected : RelayFixture {
  explicit Connected(const RelaySettings& settings = {}) : RelayFixture(settings) {
    fixture.say_hello(base);
  }
  Result set(bool on) { return fixture.call(base, write(2, Relay::kOn, boolean(on))); }
  Result pulse(int64_t ms) {
    return fixture.call(base, with_argument(invoke(3, Relay::kPulse), integer(ms)));
  }
  std::string changed_by() {
    return fixture.call(base, read(4, Relay::kChangedBy)).values[0].kind.text;
  }
  Base base;
};

RelaySettings max_on(uint32_t ms) {
  RelaySettings settings;
  settings.max_on_ms = ms;
  return settings;
}

RelaySettings safe(bool on, uint32_t base_lost_after_ms) {
  RelaySettings settings;
  settings.fail_safe_on = on;
  settings.base_lost_after_ms = base_lost_after_ms;
  return settings;
}

}  // namespace

TEST_CASE("a relay enters its safe state before anything else") {
  for (const bool is_on : {false, true}) {
    FakeBoard board;
    FakeRelay port;
    port.on = !is_on;
    RelayUnit unit(kRelayIdentity, board.ports, port, safe(is_on, 0),
                   LinkProtection::plain());
    unit.relay.begin();
    CHECK(port.on == is_on);
    CHECK(port.switches == 1);
  }
}

TEST_CASE("a relay switches before it answers, and not again for the same value") {
  Connected unit;
  CHECK(unit.changed_by() == "boot");
  CHECK(status_of(unit.set(true)) == Status::kOk);
  CHECK(unit.relay.on);
  unit.set(true);
  CHECK(unit.relay.switches == 2);
  CHECK(unit.changed_by() == "command");
  unit.set(false);
  CHECK_FALSE(unit.relay.on);
}

TEST_CASE("a switch is reported, and who switched it") {
  Connected unit;
  unit.fixture.call(unit.base, write(2, Relay::kOn, boolean(true)));
  unit.base.send(subscribe(5, Relay::kOn));
  unit.base.send(subscribe(6, Relay::kChangedBy));
  unit.fixture.settle();
  unit.base.heard();
  unit.pulse(50);
  unit.fixture.pass(50);
  const Report report = unit.base.report();
  REQUIRE(report.values_count == 2);
  CHECK_FALSE(report.values[0].value.kind.boolean);
  CHECK(std::string(report.values[1].value.kind.text) == "pulse end");
}

TEST_CASE("a relay is not on for longer than allowed, however often it is switched on") {
  Connected unit(max_on(1000));
  unit.set(true);
  unit.fixture.pass(600);
  unit.set(true);
  unit.fixture.pass(399);
  CHECK(unit.relay.on);
  unit.fixture.pass(1);
  CHECK_FALSE(unit.relay.on);
  CHECK(unit.changed_by() == "longest time on");
  // Off and on again is a new time.
  unit.set(true);
  unit.fixture.pass(999);
  CHECK(unit.relay.on);
}

TEST_CASE("a pulse ends by itself, and a command before it ends it") {
  Connected unit;
  CHECK(status_of(unit.pulse(500)) == Status::kAccepted);
  CHECK(unit.relay.on);
  unit.fixture.pass(499);
  CHECK(unit.relay.on);
  unit.fixture.pass(1);
  CHECK_FALSE(unit.relay.on);
  unit.pulse(500);
  unit.set(true);
  unit.fixture.pass(5000);
  CHECK(unit.relay.on);
  unit.pulse(500);
  unit.set(false);
  unit.set(true);
  unit.fixture.pass(5000);
  CHECK(unit.relay.on);
}

TEST_CASE("a pulse is not longer than the longest time on") {
  Connected unit(max_on(300));
  unit.pulse(5000);
  unit.fixture.pass(300);
  CHECK_FALSE(unit.relay.on);
  CHECK(unit.changed_by() == "longest time on");
  CHECK(status_of(unit.pulse(19)) == Status::kOutOfRange);
  CHECK(status_of(unit.pulse(600001)) == Status::kOutOfRange);
}

TEST_CASE("without its base for too long a relay enters its safe state, once") {
  Connected unit(safe(false, 30000));
  unit.set(true);
  unit.base.send(goodbye());
  unit.fixture.pass(29900);
  CHECK(unit.relay.on);
  unit.fixture.pass(200);
  CHECK_FALSE(unit.relay.on);
  // A base that is back finds the reason, and is obeyed again.
  Base back;
  unit.fixture.say_hello(back);
  CHECK(std::string(
            unit.fixture.call(back, read(2, Relay::kChangedBy)).values[0].kind.text) ==
        "base lost");
  unit.fixture.call(back, write(3, Relay::kOn, boolean(true)));
  unit.fixture.pass(40000);
  CHECK(unit.relay.on);
}

TEST_CASE("the safe state may be on") {
  Connected unit(safe(true, 1000));
  unit.set(false);
  unit.base.send(goodbye());
  unit.fixture.pass(1100);
  CHECK(unit.relay.on);
}

TEST_CASE("a base that comes back in time leaves the relay as it is") {
  Connected unit(safe(false, 1000));
  unit.set(true);
  for (int i = 0; i < 3; ++i) {
    unit.base.send(goodbye());
    unit.fixture.pass(800);
    unit.base.link.renew();
    unit.fixture.say_hello(unit.base);
    unit.fixture.pass(200);
  }
  CHECK(unit.relay.on);
}

TEST_CASE("a peer that is silent counts as lost when its connection is dropped") {
  Connected unit(safe(false, 1000));
  unit.set(true);
  unit.fixture.pass(60900);
  CHECK(unit.relay.on);
  unit.fixture.pass(200);
  CHECK_FALSE(unit.relay.on);
}

TEST_CASE("an unauthenticated peer does not count as the base") {
  Connected unit(safe(false, 1000));
  unit.set(true);
  unit.base.send(goodbye());
  Base unauthenticated;
  unit.fixture.connect(unauthenticated);
  unit.fixture.pass(1100);
  CHECK_FALSE(unit.relay.on);
}

TEST_CASE("a relay reports its settings, which only its builder sets") {
  RelaySettings settings = safe(false, 30000);
  settings.max_on_ms = 60000;
  Connected unit(settings);
  const auto value_of = [&](uint8_t pid) {
    return unit.fixture.call(unit.base, read(2, pid)).values[0];
  };
  CHECK_FALSE(value_of(Relay::kFailSafe).kind.boolean);
  CHECK(value_of(Relay::kBaseLostAfter).kind.integer == 30000);
  CHECK(value_of(Relay::kMaxOn).kind.integer == 60000);
  CHECK(status_of(unit.fixture.call(unit.base, write(3, Relay::kMaxOn, integer(0)))) ==
        Status::kReadOnly);
}

TEST_CASE("the relay's own pin is not for others") {
  Connected unit;
  CHECK(status_of(unit.fixture.call(
            unit.base, with_argument(with_argument(invoke(2, Pins::kGpioWrite),
                                                   integer(RelayUnit::kRelayPin)),
                                     integer(1)))) == Status::kDenied);
  CHECK(unit.pins.writes == 0);
}
