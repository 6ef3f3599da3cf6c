// docs/unit-link.md sections 2 and 3: which requests are answered, and in which order.
#include "core/session.h"
#include "tests/fixture.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("requests are answered in the order of their arrival") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(read(5, 32));
  base.send(ping(6));
  base.send(read(7, 33));
  base.send(describe(8, 0));
  lamp.fixture.settle();
  const std::vector<Envelope> answers = base.heard();
  REQUIRE(answers.size() == 4);
  for (uint32_t i = 0; i < 4; ++i) CHECK(answers[i].request_id == 5 + i);
}

TEST_CASE("more requests than max_in_flight at once are answered busy") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  for (uint32_t id = 2; id < 2 + kMaxInFlight + 2; ++id) base.send(ping(id));
  lamp.fixture.settle();
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
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  for (uint32_t id = 1; id <= 100; ++id) base.send(ping(id));
  lamp.fixture.settle();
  CHECK(base.heard().size() == 100);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("requests that arrived before the peer hung up are still handled") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(ping(2));
  base.link.hang_up();
  lamp.unit.unit.poll(lamp.fixture.now_ms);
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_pong_tag);
}

TEST_CASE("header and body leave in one write") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  const size_t before = base.link.write_calls();
  base.send(ping(2));
  lamp.fixture.settle();
  CHECK(base.link.write_calls() == before + 1);
}

TEST_CASE("an answer that the link accepts in pieces arrives whole") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(describe(2, 12));
  base.link.allow_writes(3);
  lamp.fixture.settle();
  CHECK(base.link.sent_bytes() == 3);
  for (int i = 0; i < 40; ++i) {
    base.link.allow_writes(7);
    lamp.fixture.settle();
  }
  base.link.allow_writes(SIZE_MAX);
  lamp.fixture.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_description_tag);
}

TEST_CASE(
    "no more is read from a peer that does not read its answers, and nothing is lost") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.link.allow_writes(0);
  size_t requested = 0;
  for (uint32_t id = 2; id < 60; ++id) {
    base.send(describe(id, 0));
    lamp.fixture.settle();
    ++requested;
  }
  CHECK(base.link.unread_bytes() > 0);
  base.link.allow_writes(SIZE_MAX);
  lamp.fixture.settle();
  CHECK(base.heard().size() == requested);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("a peer that reads nothing for 60 s is closed") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.link.allow_writes(0);
  for (uint32_t id = 2; id < 60; ++id) base.send(describe(id, 0));
  lamp.fixture.pass(60001);
  CHECK(base.link.was_closed());
}

TEST_CASE("an answer longer than the base accepts becomes no_memory") {
  LampFixture lamp;
  Base base;
  lamp.fixture.connect(base);
  base.send(hello(1, 1, 1, 80));
  lamp.fixture.settle();
  CHECK(base.heard_one().which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  CHECK(status_of(lamp.fixture.call(base, describe(2, 12))) == Status::kNoMemory);
  CHECK(status_of(lamp.fixture.call(base, read(3, 32))) == Status::kOk);
}

TEST_CASE("a base that reads no answer at all is closed, and leaves room for another") {
  LampFixture lamp;
  Base deaf, base;
  lamp.fixture.connect(deaf);
  deaf.send(hello(1, 1, 1, 4));
  lamp.fixture.settle();
  CHECK(deaf.heard().empty());
  CHECK(deaf.link.was_closed());
  lamp.fixture.say_hello(base);
  CHECK(status_of(lamp.fixture.call(base, read(2, 32))) == Status::kOk);
}

TEST_CASE(
    "a request of a later version is answered unsupported, and without id ignored") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send_bytes(from_hex("b50100070807e203020801"));
  lamp.fixture.settle();
  const Envelope answer = base.heard_one();
  CHECK(answer.request_id == 7);
  CHECK(status_of(answer.body.result) == Status::kUnsupported);
  base.send_bytes(from_hex("b5010005e203020801"));
  lamp.fixture.settle();
  CHECK(base.heard().empty());
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("messages that only a unit sends, and requests with id 0, are ignored") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(blank(5, signalbox_unitlink_v1_Envelope_pong_tag));
  base.send(blank(6, signalbox_unitlink_v1_Envelope_result_tag));
  base.send(blank(7, signalbox_unitlink_v1_Envelope_report_tag));
  base.send(write(0, Lamp::kOn, boolean(true)));
  lamp.fixture.settle();
  CHECK(base.heard().empty());
  CHECK_FALSE(base.link.was_closed());
  CHECK_FALSE(lamp.lamp.shown.on);
}
