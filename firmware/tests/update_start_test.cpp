// docs/unit-link.md section 11.4: what becomes of a firmware once it has started.
#include "tests/fixture.h"
#include "tests/update_fixture.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("a firmware that is not confirmed is not replaced, except in safe mode") {
  for (const bool safe_mode : {false, true}) {
    CAPTURE(safe_mode);
    UnitIdentity identity = kUpdateIdentity;
    identity.safe_mode = safe_mode;
    BootRecord record;
    record.unconfirmed = true;
    UpdateUnitFixture fixture(UpdateVectors().trust, identity, record);
    fixture.say_hello();
    const UpdateStatus status = fixture.call(begin_with(2, UpdateVectors().good()));
    CHECK_FALSE(status.confirmed);
    CHECK(std::string(update_error_name(status.error)) ==
          (safe_mode ? "none" : "unconfirmed"));
  }
}

TEST_CASE("the hello contains safe mode, and that the firmware is not confirmed") {
  BootRecord record;
  record.unconfirmed = true;
  UnitIdentity identity = kUpdateIdentity;
  identity.safe_mode = true;
  UpdateUnitFixture fixture({}, identity, record);
  const UnitHello reported = fixture.say_hello();
  CHECK(reported.safe_mode);
  CHECK(reported.unconfirmed);
  UpdateUnitFixture good({});
  const UnitHello other = good.say_hello();
  CHECK_FALSE(other.safe_mode);
  CHECK_FALSE(other.unconfirmed);
}

TEST_CASE("in safe mode nothing is served but updates and pings") {
  UnitIdentity identity = kUpdateIdentity;
  identity.safe_mode = true;
  UpdateUnitFixture fixture({}, identity);
  fixture.say_hello();
  for (const Envelope& request :
       {write(2, Lamp::kOn, boolean(true)), read(3, Lamp::kOn), describe(4, 0),
        subscribe(5, Lamp::kOn), resume(6, 0), invoke(7, Reset::kReset)}) {
    const Envelope answer = fixture.answer_to(request);
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_result_tag);
    CHECK(status_of(answer.body.result) == Status::kUnsupported);
  }
  CHECK_FALSE(fixture.lamp_port.shown.on);
  CHECK_FALSE(fixture.unit.ready_to_restart());
  CHECK(fixture.answer_to(ping(8)).which_body == signalbox_unitlink_v1_Envelope_pong_tag);
  CHECK(fixture.call(update_query(9)).state ==
        signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
}

TEST_CASE("a base and a minute confirm what was installed") {
  BootRecord record;
  record.unconfirmed = true;
  UpdateUnitFixture fixture({}, kUpdateIdentity, record);
  fixture.now_ms = 1000;
  fixture.say_hello();
  CHECK_FALSE(fixture.call(update_query(2)).confirmed);
  fixture.now_ms = 59999;
  CHECK_FALSE(fixture.call(update_query(3)).confirmed);
  fixture.now_ms = 60000;
  fixture.settle();
  CHECK(fixture.call(update_query(4)).confirmed);
  CHECK_FALSE(fixture.boot.record.unconfirmed);
}

TEST_CASE("a base in plain confirms nothing") {
  LampFixture lamp;
  FakeUpdatePort port;
  BootRecord record;
  record.unconfirmed = true;
  FakeBoot boot(record);
  BootGuard guard(boot, kLampIdentity.firmware_version);
  const UpdateTrust trust;
  UpdateReceiver receiver(kLampIdentity, trust, port, guard);
  lamp.unit.unit.enable_updates(receiver);
  Base base;
  lamp.fixture.say_hello(base);
  lamp.fixture.now_ms = 60000;
  lamp.fixture.settle();
  CHECK_FALSE(guard.is_confirmed());
}

TEST_CASE("a firmware that is rolled back restarts the unit") {
  BootRecord record;
  record.unconfirmed = true;
  UpdateUnitFixture fixture({}, kUpdateIdentity, record);
  fixture.boot.has_previous = true;
  fixture.now_ms = 15 * 60000;
  fixture.settle();
  CHECK(fixture.unit.ready_to_restart());
  CHECK(fixture.boot.rolled_back);
}
