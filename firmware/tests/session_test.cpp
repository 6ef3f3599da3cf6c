// docs/unit-link.md sections 1, 4, 8 and 9: who may talk, and until when.
#include "core/session.h"

#include "tests/fixture.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("the hello of the base is answered with the unit's own") {
  LampFixture lamp;
  Base base;
  lamp.fixture.connect(base);
  base.send(hello(77));
  lamp.fixture.settle();
  const Envelope answer = base.heard_one();
  CHECK(answer.request_id == 77);
  REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  const Hello& said = answer.body.hello;
  CHECK(said.protocol_min == 1);
  CHECK(said.protocol_max == 1);
  CHECK(said.max_body_bytes == 1024);
  REQUIRE(said.which_identity == signalbox_unitlink_v1_Hello_unit_tag);
  const UnitHello& unit = said.identity.unit;
  CHECK(std::string(unit.hardware_id) == "lamp-4f2a91");
  CHECK(std::string(unit.model) == "rgb-lamp");
  CHECK(std::string(unit.firmware_version) == "0.1.0");
  CHECK(unit.schema_hash == lamp.unit.unit.description().schema_hash());
  CHECK(unit.boot_id == 0xDEADBEEF);
  CHECK(unit.reset_reason == signalbox_unitlink_v1_ResetReason_RESET_REASON_POWER_ON);
  CHECK(unit.uptime_ms == lamp.fixture.now_ms);
  CHECK(unit.max_in_flight == kMaxInFlight);
  CHECK(unit.session_policy ==
        signalbox_unitlink_v1_SessionPolicy_SESSION_POLICY_ON_DEMAND);
}

TEST_CASE("a base of a later version that still knows version 1 is served") {
  LampFixture lamp;
  Base base;
  lamp.fixture.connect(base);
  base.send(hello(1, 1, 9));
  lamp.fixture.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE("a base without a common version gets goodbye(version)") {
  for (const auto& versions : {std::pair<uint32_t, uint32_t>{2, 5}, {0, 0}}) {
    LampFixture lamp;
    Base base;
    lamp.fixture.connect(base);
    base.send(hello(1, versions.first, versions.second));
    lamp.fixture.settle();
    base.expect_goodbye(GoodbyeReason::kVersion);
  }
}

TEST_CASE("nothing but a base's hello may come first") {
  Envelope unit_hello = hello();
  unit_hello.body.hello.which_identity = signalbox_unitlink_v1_Hello_unit_tag;
  unit_hello.body.hello.identity.unit = {};
  Envelope no_identity = hello();
  no_identity.body.hello.which_identity = 0;
  for (const Envelope& first :
       {ping(1), read(1, 32), time_of(5), hello(0), unit_hello, no_identity}) {
    LampFixture lamp;
    Base base;
    lamp.fixture.connect(base);
    base.send(first);
    lamp.fixture.settle();
    base.expect_goodbye(GoodbyeReason::kProtocolError);
  }
}

TEST_CASE("a peer without hello is closed after 5 s") {
  LampFixture lamp;
  Base base;
  lamp.fixture.connect(base);
  lamp.fixture.pass(4999);
  CHECK_FALSE(base.link.was_closed());
  lamp.fixture.pass(1);
  base.expect_goodbye(GoodbyeReason::kNoHello);
}

TEST_CASE("bytes that make no hello do not win more time") {
  LampFixture lamp;
  Base base;
  lamp.fixture.connect(base);
  lamp.fixture.pass(4000);
  base.send_bytes({0xB5, 0x01});
  lamp.fixture.pass(1000);
  base.expect_goodbye(GoodbyeReason::kNoHello);
}

TEST_CASE("a silent peer is closed after 60 s, and any byte counts") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  lamp.fixture.pass(59999);
  CHECK_FALSE(base.link.was_closed());
  base.send_bytes({0xB5});
  lamp.fixture.pass(59999);
  CHECK_FALSE(base.link.was_closed());
  lamp.fixture.pass(2);
  base.expect_goodbye(GoodbyeReason::kSilent);
}

TEST_CASE("a peer that hangs up or says goodbye frees its slot") {
  LampFixture lamp;
  Base first, second, third;
  lamp.fixture.say_hello(first);
  first.link.hang_up();
  lamp.fixture.settle();
  CHECK(first.link.was_closed());
  lamp.fixture.say_hello(second);
  second.send(goodbye());
  lamp.fixture.settle();
  CHECK(second.link.was_closed());
  CHECK(second.heard().empty());
  lamp.fixture.say_hello(third);
  CHECK(lamp.unit.unit.counters().takeovers == 0);
}

TEST_CASE("shutting down sends goodbye(done) to every peer") {
  LampFixture lamp;
  Base first, second;
  lamp.fixture.say_hello(first);
  lamp.fixture.connect(second);
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
    LampFixture lamp;
    Base base;
    lamp.fixture.say_hello(base);
    base.send_bytes(from_hex(wrong.bytes));
    lamp.fixture.settle();
    base.expect_goodbye(GoodbyeReason::kProtocolError);
    CHECK(lamp.unit.unit.counters().frame_errors[static_cast<size_t>(wrong.error)] == 1);
  }
}

TEST_CASE("a base that names no limit for bodies gets those the document allows") {
  LampFixture lamp;
  Base base;
  lamp.fixture.connect(base);
  base.send(hello(1, 1, 1, 0));
  lamp.fixture.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
}

TEST_CASE("a second hello on the same connection is a bad request") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  CHECK(status_of(lamp.fixture.call(base, hello(2))) == Status::kBadRequest);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("pong contains the uptime") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  lamp.fixture.pass(123);
  base.send(ping(9));
  lamp.fixture.settle();
  const Envelope answer = base.heard_one();
  CHECK(answer.request_id == 9);
  CHECK(answer.body.pong.uptime_ms == lamp.fixture.now_ms);
}

TEST_CASE("time sets the unit's clock and is not answered") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(time_of(1795200000000));
  lamp.fixture.settle();
  CHECK(base.heard().empty());
  lamp.fixture.pass(250);
  CHECK(lamp.fixture.call(base, read(2, SystemFacts::kTime)).values[0].kind.integer ==
        1795200000250);
}

TEST_CASE("a time that no clock can show is ignored") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(time_of(1795200000000));
  for (const int64_t impossible :
       {INT64_MIN, INT64_MAX, WallClock::kMaxEpochMs + 1, -WallClock::kMaxEpochMs - 1}) {
    base.send(time_of(impossible));
  }
  lamp.fixture.settle();
  lamp.fixture.pass(250);
  CHECK(lamp.fixture.call(base, read(2, SystemFacts::kTime)).values[0].kind.integer ==
        1795200000250);
}

TEST_CASE("poll says when it wants to be called again") {
  LampFixture lamp;
  lamp.fixture.settle();
  const uint32_t rssi_pace = lamp.unit.unit.poll(lamp.fixture.now_ms);
  CHECK(rssi_pace == 5000);
  // Apart from the pace of the signal strength, so that it is not taken for this.
  lamp.fixture.pass(500);
  Base unauthenticated, base;
  lamp.fixture.connect(unauthenticated);
  lamp.fixture.pass(kHelloTimeoutMs - 1);
  CHECK(lamp.unit.unit.poll(lamp.fixture.now_ms) == 1);
  lamp.fixture.pass(1);
  unauthenticated.expect_goodbye(GoodbyeReason::kNoHello);
  lamp.fixture.say_hello(base);
  lamp.fixture.pass(kSilenceTimeoutMs - 1);
  CHECK(lamp.unit.unit.poll(lamp.fixture.now_ms) == 1);
}
