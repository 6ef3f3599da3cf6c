// docs/unit-link.md section 10: samples over the loss of a base.
#include <memory>
#include <random>

#include "core/sample_ring.h"
#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr uint32_t kPeriodMs = 100;  // of the fixture's sensor
constexpr uint32_t kReach = SampleRing::kCapacity;

// A light sensor whose n-th measurement is n, and bases that come and go.
struct Samples : LightFixture {
  std::vector<uint32_t> seqs;
  std::vector<double> values;

  Samples() { light.lux = 0; }

  void measure(uint32_t times) {
    for (uint32_t i = 0; i < times; ++i) {
      light.lux += 1;
      fixture.pass(kPeriodMs);
    }
  }
  void subscribe_to(Base& base) {
    base.send(subscribe(3, LightSensor::kIlluminance));
    fixture.settle();
  }
  uint32_t request_resume(Base& base, uint32_t after_seq) {
    base.send(resume(2, after_seq));
    fixture.settle();
    const std::vector<Envelope> said = base.heard();
    REQUIRE(!said.empty());
    REQUIRE(said[0].which_body == signalbox_unitlink_v1_Envelope_resumed_tag);
    collect(std::vector<Envelope>(said.begin() + 1, said.end()));
    return said[0].body.resumed.next_seq;
  }
  void collect(const std::vector<Envelope>& messages) {
    for (const Envelope& message : messages) {
      if (message.which_body != signalbox_unitlink_v1_Envelope_report_tag) continue;
      const Report& report = message.body.report;
      for (pb_size_t i = 0; i < report.values_count; ++i) {
        seqs.push_back(report.seq + i);
        values.push_back(report.values[i].value.kind.number);
      }
    }
  }
  void expect_seqs(uint32_t first, uint32_t last) {
    REQUIRE(seqs.size() == last - first + 1);
    for (uint32_t i = 0; i < seqs.size(); ++i) CHECK(seqs[i] == first + i);
  }
  void cut(Base& base) {
    base.link.hang_up();
    fixture.settle();
  }
};

}  // namespace

TEST_CASE(
    "what was sampled while the base was away comes first, in order, then what is new") {
  Samples sensor;
  Base base, again;
  sensor.fixture.say_hello(base);
  sensor.subscribe_to(base);
  sensor.measure(3);
  sensor.collect(base.heard());
  sensor.expect_seqs(1, 4);
  sensor.cut(base);
  sensor.measure(5);

  sensor.fixture.say_hello(again);
  CHECK(sensor.request_resume(again, 4) == 5);
  sensor.expect_seqs(1, 9);
  sensor.subscribe_to(again);
  sensor.measure(2);
  sensor.collect(again.heard());
  sensor.expect_seqs(1, 11);
  for (uint32_t i = 0; i < 11; ++i) CHECK(sensor.values[i] == i);
}

TEST_CASE("what had left the unit but not arrived is sent again") {
  Samples sensor;
  Base base, again;
  sensor.fixture.say_hello(base);
  sensor.subscribe_to(base);
  sensor.measure(9);
  sensor.cut(base);  // and nothing of what the link accepted was read
  sensor.fixture.say_hello(again);
  CHECK(sensor.request_resume(again, 4) == 5);
  sensor.expect_seqs(5, 10);
}

TEST_CASE(
    "an absence of as many samples as the ring holds is bridged, one more is reported") {
  for (const uint32_t missed : {kReach - 1, kReach, kReach + 1, 3 * kReach}) {
    CAPTURE(missed);
    Samples sensor;
    Base base, again;
    sensor.fixture.say_hello(base);
    sensor.subscribe_to(base);
    base.heard();
    sensor.cut(base);
    sensor.measure(missed);
    sensor.fixture.say_hello(again);
    const uint32_t lost = missed > kReach ? missed - kReach : 0;
    CHECK(sensor.request_resume(again, 1) == 2 + lost);
    sensor.expect_seqs(2 + lost, 1 + missed);
  }
}

TEST_CASE("a base that has all samples, or claims more, continues with the next one") {
  for (const uint32_t claimed : {4u, 5u, UINT32_MAX}) {
    Samples sensor;
    Base base, again;
    sensor.fixture.say_hello(base);
    sensor.subscribe_to(base);
    sensor.measure(3);
    sensor.cut(base);
    sensor.fixture.say_hello(again);
    CHECK(sensor.request_resume(again, claimed) == 5);
    CHECK(sensor.seqs.empty());
    sensor.measure(1);
    sensor.collect(again.heard());
    sensor.expect_seqs(5, 5);
  }
}

TEST_CASE("a measurement that the base has is not sampled twice by subscribing again") {
  Samples sensor;
  Base base, again;
  sensor.fixture.say_hello(base);
  sensor.subscribe_to(base);
  sensor.cut(base);
  sensor.fixture.say_hello(again);
  CHECK(sensor.request_resume(again, 1) == 2);
  sensor.subscribe_to(again);
  sensor.fixture.settle();
  sensor.collect(again.heard());
  CHECK(sensor.seqs.empty());
}

TEST_CASE("the subscriptions of before are those of a base that resumes") {
  Samples sensor;
  Base base, again;
  sensor.fixture.say_hello(base);
  sensor.subscribe_to(base);
  sensor.cut(base);
  sensor.fixture.say_hello(again);
  CHECK(sensor.request_resume(again, 1) == 2);
  CHECK(status_of(sensor.fixture.call(again, cancel(4, LightSensor::kIlluminance))) ==
        Status::kOk);
  sensor.measure(3);
  CHECK(again.heard().empty());
}

TEST_CASE("a peer that does not resume gets nothing that others requested") {
  Samples sensor;
  Base base, tool, again;
  sensor.fixture.say_hello(base);
  sensor.subscribe_to(base);
  base.heard();
  sensor.fixture.say_hello(tool);  // takes over
  sensor.measure(3);
  CHECK(tool.heard().empty());
  sensor.subscribe_to(tool);
  sensor.measure(1);
  sensor.collect(tool.heard());
  sensor.expect_seqs(5, 6);
  // And the first base misses nothing by it.
  sensor.seqs.clear();
  sensor.fixture.say_hello(again);
  CHECK(sensor.request_resume(again, 1) == 2);
  sensor.expect_seqs(2, 6);
}

TEST_CASE("subscriptions without an owner make room for those of a peer") {
  Subscriptions subscriptions;
  for (uint8_t pid = 1; pid <= Subscriptions::kMax; ++pid) {
    CHECK(subscriptions.add(pid, 0, 0));
  }
  CHECK_FALSE(subscriptions.add(20, 0, 0));
  subscriptions.disown_all();
  CHECK(subscriptions.add(3, 0, 0));
  CHECK(subscriptions.is_owned(3));
  for (uint8_t pid = 20; pid < 20 + Subscriptions::kMax - 1; ++pid) {
    CHECK(subscriptions.add(pid, 0, 0));
  }
  CHECK_FALSE(subscriptions.add(40, 0, 0));
  CHECK(subscriptions.is_owned(3));
  CHECK_FALSE(subscriptions.is_owned(1));
}

TEST_CASE("a backlog leaves in writes of many reports, and holds up no request") {
  Samples sensor;
  Base base, again;
  sensor.fixture.say_hello(base);
  sensor.subscribe_to(base);
  sensor.cut(base);
  sensor.measure(kReach);
  sensor.fixture.say_hello(again);
  again.send(resume(2, 1));
  const size_t before = again.link.write_calls();
  sensor.unit.unit.poll(sensor.fixture.now_ms);  // the answer, and one write of reports
  CHECK(again.link.write_calls() - before == 2);
  again.send(ping(3));
  sensor.unit.unit.poll(sensor.fixture.now_ms);
  sensor.fixture.settle();
  const std::vector<Envelope> said = again.heard();
  size_t pong_at = 0;
  while (said[pong_at].which_body != signalbox_unitlink_v1_Envelope_pong_tag) ++pong_at;
  CHECK(pong_at > 5);
  CHECK(pong_at < kReach / 4);
  CHECK(again.link.write_calls() - before < kReach / 4);
  sensor.collect(said);
  sensor.expect_seqs(2, kReach + 1);
}

TEST_CASE(
    "any interleaving of samples, stalls, cuts and resumes loses and repeats nothing") {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Samples sensor;
    // A unit that is stuck learns of a cut by the next base: links outlast it.
    std::vector<std::unique_ptr<Base>> bases;
    bases.push_back(std::make_unique<Base>());
    Base* base = bases.back().get();
    sensor.fixture.say_hello(*base);
    sensor.subscribe_to(*base);
    uint32_t last = 0;  // what the base has
    uint32_t lost = 0;
    const auto hear = [&] {
      sensor.collect(base->heard());
      for (const uint32_t seq : sensor.seqs) {
        REQUIRE(seq > last);  // nothing twice, all in order
        lost += seq - last - 1;
        last = seq;
      }
      sensor.seqs.clear();
    };
    uint32_t measured = 1;
    for (int step = 0; step < 60; ++step) {
      switch (random() % 5) {
        case 0:
        case 1: {
          const uint32_t count = random() % (kReach / 2);
          sensor.measure(count);
          measured += count;
          break;
        }
        case 2:
          base->link.allow_writes(SIZE_MAX);
          sensor.fixture.settle();
          hear();
          break;
        case 3:
          base->link.allow_writes(0);
          break;
        default: {
          sensor.cut(*base);
          bases.push_back(std::make_unique<Base>());
          base = bases.back().get();
          sensor.fixture.say_hello(*base);
          const uint32_t next = sensor.request_resume(*base, last);
          const uint32_t newest = measured;
          const uint32_t oldest = newest > kReach ? newest - kReach + 1 : 1;
          CHECK(next == (last + 1 < oldest ? oldest : last + 1));
          hear();
        }
      }
    }
    base->link.allow_writes(SIZE_MAX);
    sensor.fixture.settle();
    if (random() % 2 == 0) sensor.measure(1), ++measured;
    hear();
    CHECK(last == measured);
    CHECK(sensor.values.size() + lost == measured);
  }
}
