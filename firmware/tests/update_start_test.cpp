// docs/unit-link.md section 11.4: what becomes of a firmware once it has started.
#include "tests/rig.h"
#include "tests/update_scene.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("a firmware that is not confirmed is not replaced, except in safe mode") {
  for (const bool safe_mode : {false, true}) {
    CAPTURE(safe_mode);
    UnitIdentity identity = kUpdateIdentity;
    identity.safe_mode = safe_mode;
    BootRecord record;
    record.unconfirmed = true;
    UpdateRig rig(UpdateVectors().trust, identity, record);
    rig.greet();
    const UpdateStatus status = rig.ask(begin_with(2, UpdateVectors().good()));
    CHECK_FALSE(status.confirmed);
    CHECK(std::string(update_error_name(status.error)) ==
          (safe_mode ? "none" : "unconfirmed"));
  }
}

TEST_CASE("the hello tells safe mode, and that the firmware is not confirmed") {
  BootRecord record;
  record.unconfirmed = true;
  UnitIdentity identity = kUpdateIdentity;
  identity.safe_mode = true;
  UpdateRig rig({}, identity, record);
  const UnitParty told = rig.greet();
  CHECK(told.safe_mode);
  CHECK(told.unconfirmed);
  UpdateRig good({});
  const UnitParty other = good.greet();
  CHECK_FALSE(other.safe_mode);
  CHECK_FALSE(other.unconfirmed);
}

TEST_CASE("in safe mode nothing is served but updates and pings") {
  UnitIdentity identity = kUpdateIdentity;
  identity.safe_mode = true;
  UpdateRig rig({}, identity);
  rig.greet();
  for (const Envelope& request :
       {write(2, Lamp::kOn, boolean(true)), read(3, Lamp::kOn), describe(4, 0),
        subscribe(5, Lamp::kOn), resume(6, 0), invoke(7, Reset::kReset)}) {
    const Envelope answer = rig.answer_to(request);
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_result_tag);
    CHECK(status_of(answer.body.result) == Status::kUnsupported);
  }
  CHECK_FALSE(rig.lamp_port.shown.on);
  CHECK_FALSE(rig.unit.ready_to_restart());
  CHECK(rig.answer_to(ping(8)).which_body == signalbox_unitlink_v1_Envelope_pong_tag);
  CHECK(rig.ask(update_query(9)).state ==
        signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
}

TEST_CASE("a base and a minute confirm what was installed") {
  BootRecord record;
  record.unconfirmed = true;
  UpdateRig rig({}, kUpdateIdentity, record);
  rig.now_ms = 1000;
  rig.greet();
  CHECK_FALSE(rig.ask(update_query(2)).confirmed);
  rig.now_ms = 59999;
  CHECK_FALSE(rig.ask(update_query(3)).confirmed);
  rig.now_ms = 60000;
  rig.settle();
  CHECK(rig.ask(update_query(4)).confirmed);
  CHECK_FALSE(rig.boot.record.unconfirmed);
}

TEST_CASE("a base in plain confirms nothing") {
  LampRig lamp;
  FakeUpdatePort port;
  BootRecord record;
  record.unconfirmed = true;
  FakeBoot boot(record);
  BootGuard guard(boot, kLampIdentity.firmware_version);
  const UpdateTrust trust;
  UpdateReceiver receiver(kLampIdentity, trust, port, guard);
  lamp.unit.unit.take_updates(receiver);
  Base base;
  lamp.rig.greet(base);
  lamp.rig.now_ms = 60000;
  lamp.rig.settle();
  CHECK_FALSE(guard.is_confirmed());
}

TEST_CASE("a firmware that was given up restarts the unit") {
  BootRecord record;
  record.unconfirmed = true;
  UpdateRig rig({}, kUpdateIdentity, record);
  rig.boot.has_previous = true;
  rig.now_ms = 15 * 60000;
  rig.settle();
  CHECK(rig.unit.ready_to_restart());
  CHECK(rig.boot.rolled_back);
}
