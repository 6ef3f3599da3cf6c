// docs/unit-link.md sections 5.5 and 5.6: reports.
#include "core/subscriptions.h"
#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Sensor : LightFixture {
  Base base;
  Sensor() { fixture.say_hello(base); }
  void subscribe_to(uint32_t min_ms, uint32_t max_ms) {
    base.send(subscribe(2, LightSensor::kIlluminance, min_ms, max_ms));
    fixture.settle();
  }
  // Lets time pass with a changing value, and yields when each report came.
  std::vector<uint64_t> report_times(uint64_t ms, bool changing) {
    std::vector<uint64_t> times;
    for (uint64_t i = 0; i < ms; ++i) {
      if (changing) light.lux += 0.1;
      fixture.pass(1);
      for (const Envelope& message : base.heard()) {
        REQUIRE(message.which_body == signalbox_unitlink_v1_Envelope_report_tag);
        times.push_back(fixture.now_ms);
      }
    }
    return times;
  }
};

}  // namespace

TEST_CASE("subscribe is answered, then the present value is reported at once") {
  Sensor sensor;
  sensor.subscribe_to(1000, 0);
  const std::vector<Envelope> said = sensor.base.heard();
  REQUIRE(said.size() == 2);
  CHECK(said[0].request_id == 2);
  CHECK(status_of(said[0].body.result) == Status::kOk);
  CHECK(said[0].body.result.values_count == 0);
  REQUIRE(said[1].which_body == signalbox_unitlink_v1_Envelope_report_tag);
  CHECK(said[1].request_id == 0);
  REQUIRE(said[1].body.report.values_count == 1);
  CHECK(said[1].body.report.values[0].pid == LightSensor::kIlluminance);
  CHECK(said[1].body.report.values[0].value.kind.number == 120.5);
}

TEST_CASE("a changing value is reported once per min_interval") {
  Sensor sensor;
  sensor.subscribe_to(1000, 0);
  sensor.base.heard();
  const std::vector<uint64_t> times = sensor.report_times(5000, true);
  REQUIRE(times.size() == 5);
  for (size_t i = 1; i < times.size(); ++i) CHECK(times[i] - times[i - 1] == 1000);
}

TEST_CASE("min_interval 0 reports at the unit's own pace") {
  Sensor sensor;
  sensor.subscribe_to(0, 0);
  sensor.base.heard();
  CHECK(sensor.report_times(1000, true).size() == 10);
}

TEST_CASE("a value that stays is reported only per max_interval") {
  Sensor sensor;
  sensor.subscribe_to(1000, 3000);
  sensor.base.heard();
  const std::vector<uint64_t> times = sensor.report_times(9000, false);
  REQUIRE(times.size() == 3);
  CHECK(times[1] - times[0] == 3000);
}

TEST_CASE("a value that stays is never reported again with max_interval 0") {
  Sensor sensor;
  sensor.subscribe_to(100, 0);
  sensor.base.heard();
  CHECK(sensor.report_times(20000, false).empty());
}

TEST_CASE("a second subscribe replaces the first") {
  Sensor sensor;
  sensor.subscribe_to(100, 0);
  sensor.subscribe_to(2000, 0);
  sensor.base.heard();
  CHECK(sensor.report_times(4000, true).size() == 2);
}

TEST_CASE("cancel ends the reports, and may be repeated") {
  Sensor sensor;
  sensor.subscribe_to(100, 200);
  sensor.base.heard();
  CHECK(status_of(sensor.fixture.call(
            sensor.base, cancel(3, LightSensor::kIlluminance))) == Status::kOk);
  CHECK(sensor.report_times(1000, true).empty());
  CHECK(status_of(sensor.fixture.call(
            sensor.base, cancel(4, LightSensor::kIlluminance))) == Status::kOk);
}

TEST_CASE("a max_interval below the min_interval is a bad request") {
  Sensor sensor;
  CHECK(status_of(sensor.fixture.call(
            sensor.base, subscribe(2, LightSensor::kIlluminance, 1000, 999))) ==
        Status::kBadRequest);
  CHECK(sensor.report_times(2000, true).empty());
}

TEST_CASE("reports count from 1 through the whole boot, over connections") {
  Sensor sensor;
  sensor.subscribe_to(0, 0);
  sensor.base.heard();
  sensor.light.lux = 7;
  sensor.fixture.pass(100);
  CHECK(sensor.base.report().seq == 2);
  Base next;
  sensor.fixture.say_hello(next);
  next.send(subscribe(2, LightSensor::kIlluminance));
  sensor.fixture.settle();
  CHECK(next.heard()[1].body.report.seq == 3);
}

TEST_CASE("a report has the time of measurement, not of sending") {
  Sensor sensor;
  sensor.fixture.pass(37);  // the sensor measures each 100 ms
  const uint64_t measured_ms = 1000;
  sensor.subscribe_to(0, 0);
  const std::vector<Envelope> said = sensor.base.heard();
  CHECK(said[1].body.report.uptime_ms == measured_ms);
}

TEST_CASE("values changed together are reported together") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(subscribe(2, Lamp::kColor, 200, 0));
  base.send(subscribe(3, Lamp::kBrightness, 200, 0));
  lamp.fixture.settle();
  lamp.fixture.pass(10);
  base.send(write(4, Lamp::kColor, color(0x112233)));
  base.send(write(5, Lamp::kBrightness, integer(7)));
  lamp.fixture.pass(1);
  base.heard();
  lamp.fixture.pass(300);
  const Report report = base.report();
  REQUIRE(report.values_count == 2);
  CHECK(report.values[0].pid == Lamp::kColor);
  CHECK(report.values[0].value.kind.color == 0x112233);
  CHECK(report.values[1].pid == Lamp::kBrightness);
  CHECK(report.values[1].value.kind.integer == 7);
}

TEST_CASE("a property changed by a write is reported after the result") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  base.send(subscribe(2, Lamp::kOn));
  lamp.fixture.settle();
  base.heard();
  base.send(write(3, Lamp::kOn, boolean(true)));
  lamp.fixture.settle();
  const std::vector<Envelope> said = base.heard();
  REQUIRE(said.size() == 2);
  CHECK(said[0].which_body == signalbox_unitlink_v1_Envelope_result_tag);
  REQUIRE(said[1].which_body == signalbox_unitlink_v1_Envelope_report_tag);
  CHECK(said[1].body.report.values[0].value.kind.boolean);
}

TEST_CASE("while the link is stuck, samples wait in the ring") {
  Sensor sensor;
  sensor.subscribe_to(0, 0);
  sensor.base.heard();
  sensor.base.link.allow_writes(5);
  for (int i = 1; i <= 20; ++i) {
    sensor.light.lux = i;
    sensor.fixture.pass(100);
  }
  sensor.base.link.allow_writes(SIZE_MAX);
  sensor.fixture.settle();
  const std::vector<Envelope> said = sensor.base.heard();
  REQUIRE(said.size() == 20);
  for (size_t i = 0; i < said.size(); ++i) {
    CHECK(said[i].body.report.seq == i + 2);
    CHECK(said[i].body.report.values[0].value.kind.number == static_cast<double>(i + 1));
  }
}

TEST_CASE("a sensor that does not answer is not reported until it does") {
  LightFixture light;
  light.light.lux = -1;
  Base base;
  light.fixture.say_hello(base);
  CHECK(status_of(light.fixture.call(base, subscribe(2, LightSensor::kIlluminance))) ==
        Status::kOk);
  light.light.lux = 3;
  light.fixture.pass(100);
  CHECK(base.report().values[0].value.kind.number == 3);
}
