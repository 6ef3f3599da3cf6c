// A lamp that can be updated, and a base that has its key.
#pragma once

#include <doctest/doctest.h>

#include "tests/fake_board.h"
#include "tests/fake_update.h"
#include "tests/messages.h"
#include "tests/secure_base.h"
#include "units/lamp_unit.h"

namespace signalbox::test {

constexpr UnitIdentity kUpdateIdentity = {
    "lamp-4f2a91", LampUnit::kModel,      "1.4.0",
    0xDEADBEEF,    ResetReason::kPowerOn, LampUnit::kPolicy};

struct UpdateUnitFixture : FakeBoard {
  explicit UpdateUnitFixture(const UpdateTrust& trusted,
                             const UnitIdentity& who = kUpdateIdentity,
                             const BootRecord& record = {})
      : trust(trusted), identity(who), boot{record} {
    guard.start_counted(identity.safe_mode);
    unit.enable_updates(receiver);
  }

  void settle() {
    // A shell calls again at once while there are bytes to read.
    for (int turns = 0; unit.poll(now_ms) == 0 || base.link.unread_bytes() > 0; ++turns) {
      if (unit.ready_to_restart()) return;
      REQUIRE(turns < 1000);
    }
  }

  // Shakes hands and says hello.
  UnitHello say_hello() {
    base.renew();
    unit.accept(base.link, now_ms);
    REQUIRE(base.open([this] { settle(); }));
    const Envelope answer = answer_to(hello());
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_hello_tag);
    return answer.body.hello.identity.unit;
  }

  // The answer comes within one turn, nothing else having gone on then; that to an offer
  // as soon as its signature is checked.
  Envelope answer_to(const Envelope& request) {
    base.send(request);
    Envelope answer = {};
    for (int turns = 0; turns < 20 + int{SignatureCheck::kSteps}; ++turns) {
      unit.poll(now_ms);
      if (base.next_message(answer)) return answer;
    }
    FAIL("no answer");
    return answer;
  }
  UpdateStatus call(const Envelope& request) {
    const Envelope answer = answer_to(request);
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_update_status_tag);
    return answer.body.update_status;
  }

  UpdateTrust trust;
  UnitIdentity identity;
  FakeBoot boot;
  FakeUpdatePort port;
  FakeLamp lamp_port;
  FakeSecurity security;
  SecureBase base;
  uint64_t now_ms = 1000;
  BootGuard guard{boot, identity.firmware_version};
  UpdateReceiver receiver{identity, trust, port, guard};
  LampUnit lamp{
      identity, ports, lamp_port, {}, LinkProtection::encrypted(kTestKey, security)};
  Unit& unit = lamp.unit;
};

}  // namespace signalbox::test
