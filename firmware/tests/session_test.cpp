// docs/unit-link.md sections 1, 4, 8 and 9: who may talk, and until when.
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

TEST_CASE("a base that names no limit for bodies gets those the document allows") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  base.send(hello(1, 1, 1, 0));
  lamp.rig.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
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
  // Apart from the pace of the signal strength, so that it is not taken for this.
  lamp.rig.pass(500);
  Base stranger, base;
  lamp.rig.connect(stranger);
  lamp.rig.pass(kHelloTimeoutMs - 1);
  CHECK(lamp.unit.unit.poll(lamp.rig.now_ms) == 1);
  lamp.rig.pass(1);
  stranger.expect_goodbye(GoodbyeReason::kNoHello);
  lamp.rig.greet(base);
  lamp.rig.pass(kSilenceTimeoutMs - 1);
  CHECK(lamp.unit.unit.poll(lamp.rig.now_ms) == 1);
}
