#include "units/button.h"

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Connected : ButtonFixture {
  Connected() { fixture.say_hello(base); }
  void hold(bool is_down, uint64_t ms) {
    button.pressed = is_down;
    fixture.pass(ms);
  }
  // The events heard since the last call, by their pid.
  std::vector<uint32_t> events() {
    std::vector<uint32_t> pids;
    for (const Envelope& envelope : base.heard()) {
      REQUIRE(envelope.which_body == signalbox_unitlink_v1_Envelope_event_tag);
      CHECK_FALSE(envelope.body.event.has_data);
      pids.push_back(envelope.body.event.pid);
      last = envelope.body.event;
    }
    return pids;
  }
  signalbox_unitlink_v1_Event last = {};
  Base base;
};

using Pids = std::vector<uint32_t>;

}  // namespace

TEST_CASE("a press is reported when it is clear that it stays single") {
  Connected unit;
  const uint64_t pressed_ms = unit.fixture.now_ms;
  unit.hold(true, 100);
  unit.hold(false, 300);
  CHECK(unit.events().empty());
  unit.fixture.pass(10);
  CHECK(unit.events() == Pids{Button::kPress});
  // It happened when the button came up: the contact opened 1 ms after the last look.
  CHECK(unit.last.uptime_ms == pressed_ms + 101);
  unit.fixture.pass(5000);
  CHECK(unit.events().empty());
}

TEST_CASE("two presses soon after one another are one double press") {
  Connected unit;
  unit.hold(true, 80);
  unit.hold(false, 280);
  unit.hold(true, 80);
  CHECK(unit.events() == Pids{Button::kDoublePress});
  unit.hold(false, 2000);
  CHECK(unit.events().empty());
}

TEST_CASE("two presses far apart are two presses") {
  Connected unit;
  unit.hold(true, 80);
  unit.hold(false, 320);
  unit.hold(true, 80);
  unit.hold(false, 1000);
  CHECK(unit.events() == Pids{Button::kPress, Button::kPress});
}

TEST_CASE("three quick presses are a double one and a single one") {
  Connected unit;
  for (int i = 0; i < 3; ++i) {
    unit.hold(true, 80);
    unit.hold(false, 100);
  }
  unit.hold(false, 1000);
  CHECK(unit.events() == Pids{Button::kDoublePress, Button::kPress});
}

TEST_CASE("a long press is reported while it is held, and once") {
  Connected unit;
  unit.hold(true, 800);
  CHECK(unit.events().empty());
  unit.hold(true, 1);
  CHECK(unit.events() == Pids{Button::kLongPress});
  unit.hold(true, 5000);
  unit.hold(false, 5000);
  CHECK(unit.events().empty());
}

TEST_CASE("a second press that is held long stays the double press it is") {
  Connected unit;
  unit.hold(true, 80);
  unit.hold(false, 100);
  unit.hold(true, 3000);
  unit.hold(false, 1000);
  CHECK(unit.events() == Pids{Button::kDoublePress});
}

TEST_CASE("a contact that bounces makes one press, and what is shorter makes none") {
  Connected unit;
  for (int i = 0; i < 6; ++i) {
    unit.hold(true, 3);
    unit.hold(false, 2);
  }
  unit.hold(true, 100);
  for (int i = 0; i < 6; ++i) {
    unit.hold(false, 3);
    unit.hold(true, 2);
  }
  unit.hold(false, 1000);
  CHECK(unit.events() == Pids{Button::kPress});
  unit.hold(true, 19);
  unit.hold(false, 1000);
  CHECK(unit.events().empty());
}

TEST_CASE("a second press that settles after the gap but began within it is double") {
  Connected unit;
  unit.hold(true, 80);
  unit.hold(false, 295);
  unit.hold(true, 60);
  unit.hold(false, 1000);
  CHECK(unit.events() == Pids{Button::kDoublePress});
}

TEST_CASE("whether it is held is a property that is reported") {
  Connected unit;
  CHECK_FALSE(
      unit.fixture.call(unit.base, read(2, Button::kPressed)).values[0].kind.boolean);
  unit.base.send(subscribe(3, Button::kPressed));
  unit.fixture.settle();
  unit.base.heard();
  unit.hold(true, 30);
  CHECK(unit.base.report().values[0].value.kind.boolean);
  unit.hold(false, 30);
  CHECK_FALSE(unit.base.report().values[0].value.kind.boolean);
}

TEST_CASE("events without a peer are lost, which the next one's number shows") {
  Connected unit;
  unit.hold(true, 50);
  unit.hold(false, 400);
  CHECK(unit.events() == Pids{Button::kPress});
  CHECK(unit.last.seq == 1);
  unit.base.send(goodbye());
  unit.hold(true, 50);
  unit.hold(false, 400);
  Base back;
  unit.fixture.say_hello(back);
  unit.hold(true, 50);
  unit.hold(false, 400);
  const std::vector<Envelope> heard = back.heard();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].body.event.seq == 3);
}

TEST_CASE(
    "events wait for a link that is stuck, at most four, and the lost are counted") {
  Connected unit;
  unit.base.link.allow_writes(0);
  unit.base.send(ping(9));
  unit.fixture.pass(1);
  for (int i = 0; i < 6; ++i) {
    unit.hold(true, 50);
    unit.hold(false, 400);
  }
  unit.base.link.allow_writes(SIZE_MAX);
  unit.hold(true, 50);
  unit.hold(false, 400);
  std::vector<uint32_t> seqs;
  for (const Envelope& envelope : unit.base.heard()) {
    if (envelope.which_body != signalbox_unitlink_v1_Envelope_event_tag) continue;
    seqs.push_back(envelope.body.event.seq);
  }
  CHECK(seqs == std::vector<uint32_t>{3, 4, 5, 6, 7});
}
