#pragma once

#include "tests/fixture.h"
#include "tests/secure_base.h"

namespace signalbox::test {

// A lamp that accepts only encrypted links.
struct SecureLampFixture : FakeBoard {
  FakeLamp lamp;
  FakeSecurity security;
  LampUnit unit{
      kLampIdentity, ports, lamp, {}, LinkProtection::encrypted(kTestKey, security)};
  Fixture fixture{unit.unit};

  const SessionCounters& counters() const { return unit.unit.counters(); }
  uint32_t errors(FrameError error) const {
    return counters().frame_errors[static_cast<size_t>(error)];
  }
  void connect(SecureBase& base) { unit.unit.accept(base.link, fixture.now_ms); }
  bool open(SecureBase& base) {
    connect(base);
    return base.open([this] { fixture.settle(); });
  }
  bool resume(SecureBase& base, const TicketSecret& ticket) {
    connect(base);
    return base.resume(ticket, [this] { fixture.settle(); });
  }
  // Hello and its answer: the keys are proved then.
  void say_hello(SecureBase& base) {
    base.send(hello());
    fixture.settle();
    Envelope answer;
    REQUIRE(base.next_message(answer));
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  }
  Envelope call(SecureBase& base, const Envelope& request) {
    base.send(request);
    fixture.settle();
    Envelope answer = {};
    REQUIRE(base.next_message(answer));
    CHECK(answer.request_id == request.request_id);
    return answer;
  }
  // The base says goodbye and is free for another connection.
  void leave(SecureBase& base) {
    base.send(goodbye());
    fixture.settle();
    CHECK(base.link.was_closed());
    base.renew();
  }
  void expect_refusal(SecureBase& base, GoodbyeReason reason) {
    CHECK(base.magic == kMagicEncrypted);
    REQUIRE(base.body_bytes() == kRefusalBytes);
    CHECK(base.body()[0] == 3);
    CHECK(base.body()[1] == static_cast<uint8_t>(reason));
    CHECK(base.link.was_closed());
  }
};

}  // namespace signalbox::test
