// docs/unit-link.md section 1: who gets the one place that a unit has for its base.
#include "core/session.h"
#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("a second peer that sends hello takes over") {
  LampFixture lamp;
  Base first, second;
  lamp.fixture.say_hello(first);
  lamp.fixture.connect(second);
  lamp.fixture.settle();
  CHECK_FALSE(first.link.was_closed());
  second.send(hello());
  lamp.fixture.settle();
  first.expect_goodbye(GoodbyeReason::kTakenOver);
  CHECK(second.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  CHECK(status_of(lamp.fixture.call(second, read(2, 32))) == Status::kOk);
  CHECK(lamp.unit.unit.counters().takeovers == 1);
}

TEST_CASE("after a takeover the first peer's requests and subscriptions are gone") {
  LampFixture lamp;
  Base first, second;
  lamp.fixture.say_hello(first);
  first.send(subscribe(2, Lamp::kOn));
  lamp.fixture.settle();
  first.heard();
  first.send(write(3, Lamp::kOn, boolean(true)));
  first.send(write(4, Lamp::kBrightness, integer(10)));
  lamp.fixture.connect(second);
  second.send(hello());
  lamp.fixture.settle();
  first.expect_goodbye(GoodbyeReason::kTakenOver);
  CHECK(second.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  lamp.fixture.call(second, write(2, Lamp::kOn, boolean(false)));
  lamp.fixture.call(second, write(3, Lamp::kOn, boolean(true)));
  CHECK(second.heard().empty());
}

TEST_CASE("a third connection gets goodbye(busy)") {
  LampFixture lamp;
  Base first, second, third;
  lamp.fixture.say_hello(first);
  lamp.fixture.connect(second);
  lamp.fixture.connect(third);
  third.expect_goodbye(GoodbyeReason::kBusy);
  second.send(hello());
  lamp.fixture.settle();
  CHECK(second.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE("a silent unauthenticated peer is evicted for a new one after 500 ms") {
  LampFixture lamp;
  Base mute, early, late;
  lamp.fixture.connect(mute);
  lamp.fixture.pass(499);
  lamp.fixture.connect(early);
  early.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(mute.link.was_closed());
  lamp.fixture.pass(1);
  lamp.fixture.connect(late);
  mute.expect_goodbye(GoodbyeReason::kBusy);
  late.send(hello());
  lamp.fixture.settle();
  CHECK(late.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE("an unauthenticated peer that has sent something is evicted after 2 s") {
  LampFixture lamp;
  Base slow, early, late;
  lamp.fixture.connect(slow);
  slow.send_bytes({0xB5});
  lamp.fixture.pass(1999);
  lamp.fixture.connect(early);
  early.expect_goodbye(GoodbyeReason::kBusy);
  lamp.fixture.pass(1);
  lamp.fixture.connect(late);
  slow.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(late.link.was_closed());
}

TEST_CASE("a peer from the base's address is admitted before others") {
  LampFixture lamp;
  Base base, again, other;
  Base unauthenticated[3];
  base.link.address = again.link.address = other.link.address = 7;
  lamp.fixture.say_hello(base);
  base.link.hang_up();
  lamp.fixture.settle();
  unauthenticated[0].link.address = 8;
  lamp.fixture.connect(unauthenticated[0]);
  lamp.fixture.connect(again);
  unauthenticated[0].expect_goodbye(GoodbyeReason::kBusy);
  // And no unauthenticated peer evicts it, as long as it has its 5 s.
  lamp.fixture.pass(4000);
  unauthenticated[1].link.address = 9;
  lamp.fixture.connect(unauthenticated[1]);
  unauthenticated[1].expect_goodbye(GoodbyeReason::kBusy);
  // Its address is no key: without a hello it goes like any other.
  lamp.fixture.pass(1000);
  again.expect_goodbye(GoodbyeReason::kNoHello);
  // Another try from there follows the same rule as among unauthenticated peers.
  Base first, second;
  first.link.address = second.link.address = 7;
  lamp.fixture.connect(first);
  lamp.fixture.connect(second);
  second.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(first.link.was_closed());
}

TEST_CASE(
    "an address that held the slot without a hello is evicted for one that did not") {
  LampFixture lamp;
  const auto knock = [&](Base& who, uint32_t address) {
    who.link.address = address;
    lamp.fixture.connect(who);
  };
  // However it ends: sent away, hung up, or refused.
  for (const uint32_t end : {0, 1, 2}) {
    CAPTURE(end);
    Base before;
    knock(before, 8);
    if (end == 0) lamp.fixture.pass(kHelloTimeoutMs);
    if (end == 1) before.link.hang_up();
    if (end == 2) before.send_bytes({0x00});
    lamp.fixture.settle();
    REQUIRE(before.link.was_closed());
    Base again, incoming, third;
    knock(again, 8);
    knock(incoming, 20 + end);
    again.expect_goodbye(GoodbyeReason::kBusy);
    // And does not get it back, as long as the other has its time, and more.
    lamp.fixture.pass(kHelloTimeoutMs - 1);
    knock(third, 8);
    third.expect_goodbye(GoodbyeReason::kBusy);
    CHECK_FALSE(incoming.link.was_closed());
    incoming.send(hello());
    lamp.fixture.settle();
    lamp.unit.unit.shut_down();
  }
  // A hello makes up for all that was before.
  Base slow, base, next_base, first, second;
  knock(slow, 10);
  lamp.fixture.pass(kHelloTimeoutMs);
  base.link.address = 10;
  lamp.fixture.say_hello(base);
  next_base.link.address = 11;
  lamp.fixture.say_hello(next_base);
  knock(first, 10);
  knock(second, 12);
  second.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(first.link.was_closed());
}

TEST_CASE("a candidate that has gone, or has said hello, makes room for the next") {
  LampFixture lamp;
  Base gone, quick, next;
  lamp.fixture.connect(gone);
  gone.link.hang_up();
  lamp.fixture.connect(quick);
  CHECK_FALSE(quick.link.was_closed());
  quick.send(hello());
  lamp.fixture.connect(next);
  CHECK_FALSE(next.link.was_closed());
}
