#include "units/light_sensor.h"

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("the sensor measures at its own pace, and skips beats it missed") {
  LightFixture light;
  light.fixture.settle();
  CHECK(light.light.reads == 1);
  light.fixture.pass(1000);
  CHECK(light.light.reads == 11);
  light.fixture.now_ms += 5000;
  light.fixture.settle();
  CHECK(light.light.reads == 12);
}

TEST_CASE("a light sensor holds its session and reports its model") {
  LightFixture light;
  Base base;
  light.fixture.connect(base);
  base.send(hello());
  light.fixture.settle();
  const UnitHello unit = base.heard_one().body.hello.identity.unit;
  CHECK(std::string(unit.model) == "light-sensor");
  CHECK(unit.session_policy == signalbox_unitlink_v1_SessionPolicy_SESSION_POLICY_HELD);
  CHECK(unit.reset_reason == signalbox_unitlink_v1_ResetReason_RESET_REASON_SOFTWARE);
}

TEST_CASE("illuminance above the schema is reported as its maximum") {
  LightFixture light;
  light.light.lux = 250000;
  Base base;
  light.fixture.say_hello(base);
  CHECK(light.fixture.call(base, read(2, LightSensor::kIlluminance))
            .values[0]
            .kind.number == 100000);
}
