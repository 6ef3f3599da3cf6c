#include "units/lamp.h"

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct ConnectedLamp : LampFixture {
  Base base;
  ConnectedLamp() {
    fixture.say_hello(base);
    fixture.settle();
  }
  Result set(uint32_t pid, const Value& value, uint32_t transition_ms = 0) {
    return fixture.call(base, write(2, pid, value, {}, transition_ms));
  }
};

}  // namespace

TEST_CASE("a lamp starts with the state it is given, and shows it") {
  FakeBoard board;
  FakeLamp port;
  LampState kept;
  kept.on = true;
  kept.color = 0x102030;
  kept.brightness = 40;
  LampUnit unit(kLampIdentity, board.ports, port, kept, LinkProtection::plain());
  Fixture fixture(unit.unit);
  fixture.settle();
  CHECK(port.shown == kept);
  CHECK(port.settles == 0);
}

TEST_CASE("a write without transition shows before its answer") {
  ConnectedLamp lamp;
  lamp.set(Lamp::kOn, boolean(true));
  CHECK(lamp.lamp.shown.on);
  lamp.set(Lamp::kColor, color(0xFF8800));
  CHECK(lamp.lamp.shown.color == 0xFF8800);
  lamp.set(Lamp::kBrightness, integer(80));
  CHECK(lamp.lamp.shown.brightness == 80);
  CHECK(lamp.lamp.settles == 3);
  CHECK(lamp.lamp.last_settled == lamp.lamp.shown);
}

TEST_CASE("writing the current value starts no new transition") {
  ConnectedLamp lamp;
  lamp.set(Lamp::kOn, boolean(false));
  CHECK(lamp.lamp.settles == 0);
}

TEST_CASE("a fade answers with its target and goes there step by step") {
  ConnectedLamp lamp;
  const Result result = lamp.set(Lamp::kBrightness, integer(0), 1000);
  CHECK(result.values[0].kind.integer == 0);
  CHECK(lamp.lamp.shown.brightness == 100);
  lamp.fixture.pass(500);
  CHECK(lamp.lamp.shown.brightness == 50);
  CHECK(lamp.fixture.call(lamp.base, read(3, Lamp::kBrightness)).values[0].kind.integer ==
        50);
  CHECK(lamp.lamp.settles == 0);
  lamp.fixture.pass(500);
  CHECK(lamp.lamp.shown.brightness == 0);
  CHECK(lamp.lamp.settles == 1);
}

TEST_CASE("a fading colour moves each channel on its own way") {
  ConnectedLamp lamp;
  lamp.set(Lamp::kColor, color(0x000000));
  lamp.set(Lamp::kColor, color(0xFF8000), 1000);
  lamp.fixture.pass(500);
  CHECK(lamp.lamp.shown.color == 0x7F4000);
  lamp.fixture.pass(500);
  CHECK(lamp.lamp.shown.color == 0xFF8000);
}

TEST_CASE("a fade is reported at most 10 times a second, and its end always") {
  ConnectedLamp lamp;
  lamp.base.send(subscribe(2, Lamp::kBrightness));
  lamp.fixture.settle();
  lamp.base.heard();
  lamp.base.send(write(3, Lamp::kBrightness, integer(3), {}, 1950));
  lamp.fixture.settle();
  lamp.base.heard();
  uint64_t last_ms = 0;
  int64_t last_value = 100;
  size_t reports = 0;
  for (int i = 0; i < 3000; ++i) {
    lamp.fixture.pass(1);
    for (const Envelope& message : lamp.base.heard()) {
      const Report& report = message.body.report;
      const int64_t value = report.values[0].value.kind.integer;
      CHECK(value < last_value);
      last_value = value;
      if (value != 3) CHECK(report.uptime_ms - last_ms >= 100);
      last_ms = report.uptime_ms;
      ++reports;
    }
  }
  CHECK(reports >= 15);
  CHECK(reports <= 21);
  CHECK(last_value == 3);
}

TEST_CASE("a new write ends the fade from where it is") {
  ConnectedLamp lamp;
  lamp.set(Lamp::kBrightness, integer(0), 1000);
  lamp.fixture.pass(400);
  lamp.set(Lamp::kBrightness, integer(100), 400);
  lamp.fixture.pass(200);
  CHECK(lamp.lamp.shown.brightness == 80);
  lamp.set(Lamp::kBrightness, integer(10));
  CHECK(lamp.lamp.shown.brightness == 10);
  lamp.fixture.pass(2000);
  CHECK(lamp.lamp.shown.brightness == 10);
}

TEST_CASE("on and off know no transition") {
  ConnectedLamp lamp;
  lamp.set(Lamp::kOn, boolean(true), 5000);
  CHECK(lamp.lamp.shown.on);
}

TEST_CASE("an overlong transition is cut to an hour") {
  ConnectedLamp lamp;
  lamp.set(Lamp::kBrightness, integer(0), UINT32_MAX);
  lamp.fixture.now_ms += 3600000;
  lamp.fixture.settle();
  CHECK(lamp.lamp.shown.brightness == 0);
}

TEST_CASE("a lamp at rest wants no polling, a fading one every 20 ms") {
  FakeLamp port;
  Lamp lamp(port, {});
  struct Nobody final : Notifier {
    void property_changed(uint8_t) override {}
    bool has_listener() const override { return false; }
    uint32_t hellos() const override { return 0; }
    bool can_send_event() const override { return false; }
    void emit_event(uint8_t, const Value*, uint64_t) override {}
    void dismiss_peers() override {}
    void lose_event() override {}
  } nobody;
  lamp.attach(nobody);
  CHECK(lamp.poll(1000) == kIdle);
  Value in_force = {};
  const Value dark = integer(0);
  CHECK(lamp.write({Lamp::kBrightness, dark, 100, 1000}, in_force) == Status::kOk);
  CHECK(lamp.poll(1000) == 20);
  CHECK(lamp.poll(1100) == kIdle);
}
