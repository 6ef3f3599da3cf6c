// docs/unit-link.md section 1: who gets the one place that a unit has for its base.
#include "core/session.h"
#include "tests/rig.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("a second peer that says hello takes over") {
  LampRig lamp;
  Base first, second;
  lamp.rig.greet(first);
  lamp.rig.connect(second);
  lamp.rig.settle();
  CHECK_FALSE(first.link.was_closed());
  second.send(hello());
  lamp.rig.settle();
  first.expect_goodbye(GoodbyeReason::kTakenOver);
  CHECK(second.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  CHECK(status_of(lamp.rig.ask(second, read(2, 32))) == Status::kOk);
  CHECK(lamp.unit.unit.counters().takeovers == 1);
}

TEST_CASE("after a takeover the first peer's requests and subscriptions are gone") {
  LampRig lamp;
  Base first, second;
  lamp.rig.greet(first);
  first.send(subscribe(2, Lamp::kOn));
  lamp.rig.settle();
  first.heard();
  first.send(write(3, Lamp::kOn, boolean(true)));
  first.send(write(4, Lamp::kBrightness, integer(10)));
  lamp.rig.connect(second);
  second.send(hello());
  lamp.rig.settle();
  first.expect_goodbye(GoodbyeReason::kTakenOver);
  CHECK(second.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  lamp.rig.ask(second, write(2, Lamp::kOn, boolean(false)));
  lamp.rig.ask(second, write(3, Lamp::kOn, boolean(true)));
  CHECK(second.heard().empty());
}

TEST_CASE("a third connection gets goodbye(busy)") {
  LampRig lamp;
  Base first, second, third;
  lamp.rig.greet(first);
  lamp.rig.connect(second);
  lamp.rig.connect(third);
  third.expect_goodbye(GoodbyeReason::kBusy);
  second.send(hello());
  lamp.rig.settle();
  CHECK(second.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE("a stranger that says nothing gives way to a newcomer after 500 ms") {
  LampRig lamp;
  Base mute, early, late;
  lamp.rig.connect(mute);
  lamp.rig.pass(499);
  lamp.rig.connect(early);
  early.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(mute.link.was_closed());
  lamp.rig.pass(1);
  lamp.rig.connect(late);
  mute.expect_goodbye(GoodbyeReason::kBusy);
  late.send(hello());
  lamp.rig.settle();
  CHECK(late.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE("a stranger that has begun to speak gives way after 2 s") {
  LampRig lamp;
  Base slow, early, late;
  lamp.rig.connect(slow);
  slow.send_bytes({0xB5});
  lamp.rig.pass(1999);
  lamp.rig.connect(early);
  early.expect_goodbye(GoodbyeReason::kBusy);
  lamp.rig.pass(1);
  lamp.rig.connect(late);
  slow.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(late.link.was_closed());
}

TEST_CASE("who comes from where the base came from is let in before strangers") {
  LampRig lamp;
  Base base, again, other;
  Base strangers[3];
  base.link.address = again.link.address = other.link.address = 7;
  lamp.rig.greet(base);
  base.link.hang_up();
  lamp.rig.settle();
  strangers[0].link.address = 8;
  lamp.rig.connect(strangers[0]);
  lamp.rig.connect(again);
  strangers[0].expect_goodbye(GoodbyeReason::kBusy);
  // And no stranger takes the place from it, as long as it has its 5 s.
  lamp.rig.pass(4000);
  strangers[1].link.address = 9;
  lamp.rig.connect(strangers[1]);
  strangers[1].expect_goodbye(GoodbyeReason::kBusy);
  // Its address is no key: without a hello it goes like any other.
  lamp.rig.pass(1000);
  again.expect_goodbye(GoodbyeReason::kNoHello);
  // Another try from there follows the same rule as one of strangers among themselves.
  Base first, second;
  first.link.address = second.link.address = 7;
  lamp.rig.connect(first);
  lamp.rig.connect(second);
  second.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(first.link.was_closed());
}

TEST_CASE("who held the place without a hello gives way to whoever did not") {
  LampRig lamp;
  const auto knock = [&](Base& who, uint32_t address) {
    who.link.address = address;
    lamp.rig.connect(who);
  };
  // However it ends: sent away, hung up, or refused.
  for (const uint32_t end : {0, 1, 2}) {
    CAPTURE(end);
    Base before;
    knock(before, 8);
    if (end == 0) lamp.rig.pass(kHelloTimeoutMs);
    if (end == 1) before.link.hang_up();
    if (end == 2) before.send_bytes({0x00});
    lamp.rig.settle();
    REQUIRE(before.link.was_closed());
    Base again, newcomer, third;
    knock(again, 8);
    knock(newcomer, 20 + end);
    again.expect_goodbye(GoodbyeReason::kBusy);
    // And does not get it back, as long as the other has its time, and more.
    lamp.rig.pass(kHelloTimeoutMs - 1);
    knock(third, 8);
    third.expect_goodbye(GoodbyeReason::kBusy);
    CHECK_FALSE(newcomer.link.was_closed());
    newcomer.send(hello());
    lamp.rig.settle();
    lamp.unit.unit.shut_down();
  }
  // A hello makes up for all that was before.
  Base slow, base, next_base, first, second;
  knock(slow, 10);
  lamp.rig.pass(kHelloTimeoutMs);
  base.link.address = 10;
  lamp.rig.greet(base);
  next_base.link.address = 11;
  lamp.rig.greet(next_base);
  knock(first, 10);
  knock(second, 12);
  second.expect_goodbye(GoodbyeReason::kBusy);
  CHECK_FALSE(first.link.was_closed());
}

TEST_CASE("a candidate that has gone, or has said hello, makes room for the next") {
  LampRig lamp;
  Base gone, quick, next;
  lamp.rig.connect(gone);
  gone.link.hang_up();
  lamp.rig.connect(quick);
  CHECK_FALSE(quick.link.was_closed());
  quick.send(hello());
  lamp.rig.connect(next);
  CHECK_FALSE(next.link.was_closed());
}
