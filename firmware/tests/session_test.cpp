// docs/unit-link.md sections 1 to 4: who may talk, and in which order it is answered.
#include "core/session.h"

#include "tests/rig.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("the hello of the base is answered with the unit's own") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  base.send(hello(77));
  lamp.rig.settle();
  const Envelope answer = base.heard_one();
  CHECK(answer.request_id == 77);
  REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  const Hello& said = answer.body.hello;
  CHECK(said.protocol_min == 1);
  CHECK(said.protocol_max == 1);
  CHECK(said.max_body_bytes == 1024);
  REQUIRE(said.which_party == signalbox_unitlink_v1_Hello_unit_tag);
  const UnitParty& unit = said.party.unit;
  CHECK(std::string(unit.hardware_id) == "lamp-4f2a91");
  CHECK(std::string(unit.model) == "rgb-lamp");
  CHECK(std::string(unit.firmware_version) == "0.1.0");
  CHECK(unit.schema_hash == lamp.unit.unit.description().schema_hash());
  CHECK(unit.boot_id == 0xDEADBEEF);
  CHECK(unit.reset_reason == signalbox_unitlink_v1_ResetReason_RESET_REASON_POWER_ON);
  CHECK(unit.uptime_ms == lamp.rig.now_ms);
  CHECK(unit.max_in_flight == kMaxInFlight);
  CHECK(unit.session_policy ==
        signalbox_unitlink_v1_SessionPolicy_SESSION_POLICY_ON_DEMAND);
}

TEST_CASE("a base of a later version that still knows version 1 is served") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  base.send(hello(1, 1, 9));
  lamp.rig.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE("a base without a common version gets goodbye(version)") {
  for (const auto& versions : {std::pair<uint32_t, uint32_t>{2, 5}, {0, 0}}) {
    LampRig lamp;
    Base base;
    lamp.rig.connect(base);
    base.send(hello(1, versions.first, versions.second));
    lamp.rig.settle();
    base.expect_goodbye(GoodbyeReason::kVersion);
  }
}

TEST_CASE("nothing but a base's hello may come first") {
  Envelope unit_hello = hello();
  unit_hello.body.hello.which_party = signalbox_unitlink_v1_Hello_unit_tag;
  unit_hello.body.hello.party.unit = {};
  Envelope no_party = hello();
  no_party.body.hello.which_party = 0;
  for (const Envelope& first :
       {ping(1), read(1, 32), time_of(5), hello(0), unit_hello, no_party}) {
    LampRig lamp;
    Base base;
    lamp.rig.connect(base);
    base.send(first);
    lamp.rig.settle();
    base.expect_goodbye(GoodbyeReason::kProtocolError);
  }
}

TEST_CASE("a peer without hello is closed after 5 s") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  lamp.rig.pass(4999);
  CHECK_FALSE(base.link.was_closed());
  lamp.rig.pass(1);
  base.expect_goodbye(GoodbyeReason::kNoHello);
}

TEST_CASE("bytes that make no hello do not win more time") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  lamp.rig.pass(4000);
  base.send_bytes({0xB5, 0x01});
  lamp.rig.pass(1000);
  base.expect_goodbye(GoodbyeReason::kNoHello);
}

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
  strangers[1].link.address = 8;
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

TEST_CASE("a silent peer is closed after 60 s, and any byte counts") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  lamp.rig.pass(59999);
  CHECK_FALSE(base.link.was_closed());
  base.send_bytes({0xB5});
  lamp.rig.pass(59999);
  CHECK_FALSE(base.link.was_closed());
  lamp.rig.pass(2);
  base.expect_goodbye(GoodbyeReason::kSilent);
}

TEST_CASE("a peer that hangs up or says goodbye frees its slot") {
  LampRig lamp;
  Base first, second, third;
  lamp.rig.greet(first);
  first.link.hang_up();
  lamp.rig.settle();
  CHECK(first.link.was_closed());
  lamp.rig.greet(second);
  second.send(goodbye());
  lamp.rig.settle();
  CHECK(second.link.was_closed());
  CHECK(second.heard().empty());
  lamp.rig.greet(third);
  CHECK(lamp.unit.unit.counters().takeovers == 0);
}

TEST_CASE("requests that came before the peer hung up are still taken") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.send(ping(2));
  base.link.hang_up();
  lamp.unit.unit.poll(lamp.rig.now_ms);
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_pong_tag);
}

TEST_CASE("shutting down says goodbye(done) to everybody") {
  LampRig lamp;
  Base first, second;
  lamp.rig.greet(first);
  lamp.rig.connect(second);
  lamp.unit.unit.shut_down();
  first.expect_goodbye(GoodbyeReason::kDone);
  second.expect_goodbye(GoodbyeReason::kDone);
}

TEST_CASE("each frame error closes the link with goodbye and counts") {
  const struct {
    const char* bytes;
    FrameError error;
  } cases[] = {
      {"00", FrameError::kBadMagic},          {"b6", FrameError::kEncryptionMismatch},
      {"b502", FrameError::kBadVersion},      {"b5010000", FrameError::kEmptyBody},
      {"b5010401", FrameError::kBodyTooLong}, {"b50100020807", FrameError::kBadMessage},
  };
  for (const auto& wrong : cases) {
    CAPTURE(wrong.bytes);
    LampRig lamp;
    Base base;
    lamp.rig.greet(base);
    base.send_bytes(from_hex(wrong.bytes));
    lamp.rig.settle();
    base.expect_goodbye(GoodbyeReason::kProtocolError);
    CHECK(lamp.unit.unit.counters().frame_errors[static_cast<size_t>(wrong.error)] == 1);
  }
}

TEST_CASE("requests are answered in the order of their arrival") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.send(read(5, 32));
  base.send(ping(6));
  base.send(read(7, 33));
  base.send(describe(8, 0));
  lamp.rig.settle();
  const std::vector<Envelope> answers = base.heard();
  REQUIRE(answers.size() == 4);
  for (uint32_t i = 0; i < 4; ++i) CHECK(answers[i].request_id == 5 + i);
}

TEST_CASE("more requests than max_in_flight at once are answered busy") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  for (uint32_t id = 2; id < 2 + kMaxInFlight + 2; ++id) base.send(ping(id));
  lamp.rig.settle();
  size_t pongs = 0;
  std::vector<uint32_t> busy;
  for (const Envelope& answer : base.heard()) {
    if (answer.which_body == signalbox_unitlink_v1_Envelope_pong_tag) {
      ++pongs;
    } else {
      CHECK(status_of(answer.body.result) == Status::kBusy);
      busy.push_back(answer.request_id);
    }
  }
  CHECK(pongs == kMaxInFlight);
  CHECK(busy == std::vector<uint32_t>{2 + kMaxInFlight, 3 + kMaxInFlight});
  CHECK(lamp.unit.unit.counters().requests_refused_busy == 2);
}

TEST_CASE("a chunk full of the shortest requests is answered to the last one") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  for (uint32_t id = 1; id <= 100; ++id) base.send(ping(id));
  lamp.rig.settle();
  CHECK(base.heard().size() == 100);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("header and body leave in one write") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  const size_t before = base.link.write_calls();
  base.send(ping(2));
  lamp.rig.settle();
  CHECK(base.link.write_calls() == before + 1);
}

TEST_CASE("an answer that the link takes in pieces arrives whole") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.send(describe(2, 12));
  base.link.allow_writes(3);
  lamp.rig.settle();
  CHECK(base.link.sent_bytes() == 3);
  for (int i = 0; i < 40; ++i) {
    base.link.allow_writes(7);
    lamp.rig.settle();
  }
  base.link.allow_writes(SIZE_MAX);
  lamp.rig.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_description_tag);
}

TEST_CASE(
    "a peer that does not take its answers is not asked for more, and loses nothing") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.link.allow_writes(0);
  size_t asked = 0;
  for (uint32_t id = 2; id < 60; ++id) {
    base.send(describe(id, 0));
    lamp.rig.settle();
    ++asked;
  }
  CHECK(base.link.unread_bytes() > 0);
  base.link.allow_writes(SIZE_MAX);
  lamp.rig.settle();
  CHECK(base.heard().size() == asked);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("a peer that takes nothing for 60 s is closed") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.link.allow_writes(0);
  for (uint32_t id = 2; id < 60; ++id) base.send(describe(id, 0));
  lamp.rig.pass(60001);
  CHECK(base.link.was_closed());
}

TEST_CASE("an answer longer than the base takes becomes no_memory") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  base.send(hello(1, 1, 1, 80));
  lamp.rig.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  CHECK(status_of(lamp.rig.ask(base, describe(2, 12))) == Status::kNoMemory);
  CHECK(status_of(lamp.rig.ask(base, read(3, 32))) == Status::kOk);
}

TEST_CASE("a base that names no limit for bodies gets those the document allows") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  base.send(hello(1, 1, 1, 0));
  lamp.rig.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE(
    "a request of a later version is answered unsupported, and without id ignored") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.send_bytes(from_hex("b50100070807e203020801"));
  lamp.rig.settle();
  const Envelope answer = base.heard_one();
  CHECK(answer.request_id == 7);
  CHECK(status_of(answer.body.result) == Status::kUnsupported);
  base.send_bytes(from_hex("b5010005e203020801"));
  lamp.rig.settle();
  CHECK(base.heard().empty());
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("messages that only a unit sends, and requests with id 0, are ignored") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.send(blank(5, signalbox_unitlink_v1_Envelope_pong_tag));
  base.send(blank(6, signalbox_unitlink_v1_Envelope_result_tag));
  base.send(blank(7, signalbox_unitlink_v1_Envelope_report_tag));
  base.send(write(0, Lamp::kOn, boolean(true)));
  lamp.rig.settle();
  CHECK(base.heard().empty());
  CHECK_FALSE(base.link.was_closed());
  CHECK_FALSE(lamp.lamp.shown.on);
}

TEST_CASE("a second hello on the same connection is a bad request") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  CHECK(status_of(lamp.rig.ask(base, hello(2))) == Status::kBadRequest);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("pong tells the uptime") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  lamp.rig.pass(123);
  base.send(ping(9));
  lamp.rig.settle();
  const Envelope answer = base.heard_one();
  CHECK(answer.request_id == 9);
  CHECK(answer.body.pong.uptime_ms == lamp.rig.now_ms);
}

TEST_CASE("time sets the unit's clock and is not answered") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  base.send(time_of(1795200000000));
  lamp.rig.settle();
  CHECK(base.heard().empty());
  lamp.rig.pass(250);
  CHECK(lamp.rig.ask(base, read(2, SystemFacts::kTime)).values[0].kind.integer ==
        1795200000250);
}

TEST_CASE("poll says when it wants to be called again") {
  LampRig lamp;
  lamp.rig.settle();
  const uint32_t rssi_pace = lamp.unit.unit.poll(lamp.rig.now_ms);
  CHECK(rssi_pace == 5000);
  Base base;
  lamp.rig.connect(base);
  lamp.rig.pass(1000);
  CHECK(lamp.unit.unit.poll(lamp.rig.now_ms) == 4000);
}
