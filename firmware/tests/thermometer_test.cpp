#include "units/thermometer.h"

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Connected : ClimateFixture {
  Connected() {
    fixture.say_hello(base);
    fixture.pass(40);
  }
  Result get(uint8_t pid) { return fixture.call(base, read(2, pid)); }
  Base base;
};

}  // namespace

TEST_CASE("a thermometer offers what its sensor measures") {
  for (uint8_t quantities = 1; quantities <= 3; ++quantities) {
    ClimateFixture unit(quantities);
    CHECK(unit.unit.thermometer.affordances().count == quantities);
    Base base;
    unit.fixture.say_hello(base);
    unit.fixture.pass(40);
    for (uint8_t pid = 1; pid <= 3; ++pid) {
      CHECK(status_of(unit.fixture.call(base, read(2, pid))) ==
            (pid <= quantities ? Status::kOk : Status::kUnknownAffordance));
    }
  }
}

TEST_CASE("a measurement runs without blocking anything") {
  Connected unit;
  CHECK(unit.climate.begins == 1);
  CHECK(unit.climate.polls == 2);
  CHECK(unit.get(Thermometer::kTemperature).values[0].kind.number == 21.5);
  CHECK(unit.get(Thermometer::kHumidity).values[0].kind.number == 40.25);
  CHECK(unit.get(Thermometer::kPressure).values[0].kind.number == 1013.25);
  unit.fixture.pass(10000);
  CHECK(unit.climate.begins == 11);
  CHECK(unit.climate.polls == 22);
}

TEST_CASE("what changed is reported with the time it was measured") {
  Connected unit;
  unit.base.send(subscribe(2, Thermometer::kTemperature));
  unit.base.send(subscribe(3, Thermometer::kHumidity));
  unit.fixture.settle();
  unit.base.heard();
  unit.fixture.pass(2000);
  CHECK(unit.base.heard().empty());
  unit.climate.sample.percent_e2 = 4100;
  unit.fixture.pass(1000);
  const Report report = unit.base.report();
  REQUIRE(report.values_count == 1);
  CHECK(report.values[0].pid == Thermometer::kHumidity);
  CHECK(report.values[0].value.kind.number == 41);
  CHECK(report.uptime_ms % 1000 == 30);
}

TEST_CASE("before the first measurement there is nothing to report") {
  ClimateFixture unit;
  Base base;
  unit.fixture.say_hello(base);
  CHECK(status_of(unit.fixture.call(base, read(2, Thermometer::kTemperature))) ==
        Status::kHardwareError);
}

TEST_CASE("two failures are tolerated, a third is reported, and one success ends it") {
  Connected unit;
  unit.climate.fails = true;
  unit.fixture.pass(2000);
  CHECK(unit.climate.begins == 3);
  CHECK(status_of(unit.get(Thermometer::kTemperature)) == Status::kOk);
  unit.fixture.pass(1000);
  CHECK(status_of(unit.get(Thermometer::kTemperature)) == Status::kHardwareError);
  unit.fixture.pass(5000);
  unit.base.send(subscribe(3, Thermometer::kTemperature));
  unit.fixture.settle();
  unit.base.heard();
  unit.climate.fails = false;
  unit.fixture.pass(1000);
  // The same value as before the failure is news after it.
  CHECK(unit.base.report().values[0].value.kind.number == 21.5);
}

TEST_CASE("beats that were missed are skipped") {
  Connected unit;
  unit.fixture.now_ms += 7500;
  unit.fixture.settle();
  unit.fixture.pass(40);
  CHECK(unit.climate.begins == 2);
}
