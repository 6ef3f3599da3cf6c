// docs/unit-link.md section 5: each status of its table, provoked over the link.
#include "core/dispatcher.h"

#include <math.h>

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr int32_t kEvens[] = {2, 4};
constexpr ValueSpec kNumber = number_value().range(-1, 1);
constexpr ValueSpec kText = string_value(5);
constexpr ValueSpec kBytes = bytes_value(3);
constexpr ValueSpec kChoice = integer_value().only(kEvens);
constexpr uint8_t kReadWrite = kReadable | kWritable;

// A property of each type, and more observable ones than a session keeps subscriptions.
class Sampler final : public Capability {
 public:
  AffordanceSpecs affordances() const override {
    static constexpr AffordanceSpec kAffordances[] = {
        property(1, "number", "", "", kNumber, kReadWrite | kObservable),
        property(2, "text", "", "", kText, kReadWrite | kObservable),
        property(3, "bytes", "", "", kBytes, kReadWrite | kObservable),
        property(4, "choice", "", "", kChoice, kReadWrite | kObservable),
        property(5, "five", "", "", kNumber, kReadable | kObservable),
        property(6, "six", "", "", kNumber, kReadable | kObservable),
        property(7, "seven", "", "", kNumber, kReadable | kObservable),
        property(8, "eight", "", "", kNumber, kReadable | kObservable),
        property(9, "nine", "", "", kNumber, kReadable | kObservable),
        property(10, "writeOnly", "", "", kNumber, kWritable),
        property(11, "forgotten", "", "", kNumber, kReadable | kWritable),
        action(12, "forgottenToo", "", "", {}, {}, 0),
    };
    return kAffordances;
  }
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override {
    if (pid == 11) return Capability::read(pid, now_ms, out);
    set_number(out, 0.5);
    return Status::kOk;
  }
  Status write(const WriteCall& call, Value& in_force) override {
    if (call.pid == 11) return Capability::write(call, in_force);
    if (call.pid == 4) set_integer(in_force, 4);
    ++writes;
    return Status::kOk;
  }
  int writes = 0;
};

struct SamplerFixture {
  Sampler sampler;
  Capability* capabilities[1] = {&sampler};
  WallClock clock;
  RestartRequest restart;
  Unit unit{kLampIdentity, capabilities, 1, clock, restart, LinkProtection::plain()};
  Fixture fixture{unit};
  Base base;
  SamplerFixture() { fixture.say_hello(base); }
  Status call(const Envelope& request) { return status_of(fixture.call(base, request)); }
};

struct ConnectedLamp : LampFixture {
  Base base;
  ConnectedLamp() { fixture.say_hello(base); }
  Status call(const Envelope& request) { return status_of(fixture.call(base, request)); }
};

}  // namespace

TEST_CASE("a read yields ok and the value") {
  ConnectedLamp lamp;
  const Result result = lamp.fixture.call(lamp.base, read(2, Lamp::kBrightness));
  CHECK(status_of(result) == Status::kOk);
  REQUIRE(result.values_count == 1);
  CHECK(result.values[0].kind.integer == 100);
}

TEST_CASE("a write yields ok and the value in force") {
  ConnectedLamp lamp;
  const Result result =
      lamp.fixture.call(lamp.base, write(2, Lamp::kColor, color(0xFF8800)));
  CHECK(status_of(result) == Status::kOk);
  REQUIRE(result.values_count == 1);
  CHECK(result.values[0].kind.color == 0xFF8800);

  SamplerFixture sampler;
  // A capability may take another value than the written one, and says so.
  CHECK(sampler.fixture.call(sampler.base, write(2, 4, integer(2)))
            .values[0]
            .kind.integer == 4);
}

TEST_CASE("an unknown pid is unknown_affordance for every request") {
  ConnectedLamp lamp;
  for (const uint32_t pid : {0u, 31u, 63u, 64u, 257u, 0xFFFFFFFFu}) {
    CHECK(lamp.call(read(2, pid)) == Status::kUnknownAffordance);
    CHECK(lamp.call(write(3, pid, boolean(true))) == Status::kUnknownAffordance);
    CHECK(lamp.call(invoke(4, pid)) == Status::kUnknownAffordance);
    CHECK(lamp.call(subscribe(5, pid)) == Status::kUnknownAffordance);
    CHECK(lamp.call(cancel(6, pid)) == Status::kUnknownAffordance);
  }
}

TEST_CASE("an operation that does not fit the kind is unknown_affordance") {
  ConnectedLamp lamp;
  CHECK(lamp.call(read(2, Pins::kAnalogRead)) == Status::kUnknownAffordance);
  CHECK(lamp.call(write(3, Pins::kAnalogRead, integer(1))) == Status::kUnknownAffordance);
  CHECK(lamp.call(invoke(4, Lamp::kOn)) == Status::kUnknownAffordance);
  CHECK(lamp.call(invoke(5, Uart::kUartData)) == Status::kUnknownAffordance);
  CHECK(lamp.call(subscribe(6, Uart::kUartData)) == Status::kUnknownAffordance);
  CHECK(lamp.call(subscribe(7, NetworkFacts::kMac)) == Status::kUnknownAffordance);
  SamplerFixture sampler;
  CHECK(sampler.call(read(2, 10)) == Status::kUnknownAffordance);
}

TEST_CASE("a write to a property that cannot be written is read_only") {
  ConnectedLamp lamp;
  CHECK(lamp.call(write(2, NetworkFacts::kMac, text("x"))) == Status::kReadOnly);
  CHECK(lamp.call(write(3, SystemFacts::kUptime, integer(1))) == Status::kReadOnly);
}

TEST_CASE("a value of another kind is a bad request") {
  ConnectedLamp lamp;
  CHECK(lamp.call(write(2, Lamp::kOn, integer(1))) == Status::kBadRequest);
  CHECK(lamp.call(write(3, Lamp::kBrightness, number(50))) == Status::kBadRequest);
  CHECK(lamp.call(write(4, Lamp::kColor, integer(255))) == Status::kBadRequest);
  CHECK(lamp.call(write(5, Lamp::kOn, {})) == Status::kBadRequest);
  SamplerFixture sampler;
  CHECK(sampler.call(write(2, 1, integer(0))) == Status::kBadRequest);
  CHECK(sampler.call(write(3, 2, data("ab"))) == Status::kBadRequest);
  CHECK(sampler.call(write(4, 3, text("ab"))) == Status::kBadRequest);
  CHECK(sampler.sampler.writes == 0);
}

TEST_CASE("missing, surplus and mixed-up arguments are a bad request") {
  ConnectedLamp lamp;
  CHECK(lamp.call(invoke(2, Pins::kGpioWrite)) == Status::kBadRequest);
  CHECK(lamp.call(with_argument(invoke(3, Pins::kGpioWrite), integer(4))) ==
        Status::kBadRequest);
  CHECK(lamp.call(with_argument(invoke(4, Pins::kAnalogRead), integer(4))) ==
        Status::kBadRequest);
  // The wrong kind behind the value out of range decides.
  CHECK(lamp.call(with_argument(with_argument(invoke(5, Pins::kGpioWrite), integer(99)),
                                boolean(true))) == Status::kBadRequest);
}

TEST_CASE("a value outside its schema is out_of_range") {
  ConnectedLamp lamp;
  CHECK(lamp.call(write(2, Lamp::kBrightness, integer(101))) == Status::kOutOfRange);
  CHECK(lamp.call(write(3, Lamp::kBrightness, integer(-1))) == Status::kOutOfRange);
  CHECK(lamp.call(write(4, Lamp::kColor, color(0x1000000))) == Status::kOutOfRange);
  CHECK(lamp.call(with_argument(invoke(5, Pins::kGpioRead), integer(3))) ==
        Status::kOutOfRange);
  CHECK(lamp.call(with_argument(invoke(6, Pins::kGpioRead), integer(4 + (1LL << 32)))) ==
        Status::kOutOfRange);
  SamplerFixture sampler;
  for (const double wrong :
       {-1.1, 1.1, double{NAN}, double{INFINITY}, -double{INFINITY}}) {
    CHECK(sampler.call(write(2, 1, number(wrong))) == Status::kOutOfRange);
  }
  CHECK(sampler.call(write(3, 2, text("sixsix"))) == Status::kOutOfRange);
  CHECK(sampler.call(write(4, 3, data("four"))) == Status::kOutOfRange);
  CHECK(sampler.call(write(5, 4, integer(3))) == Status::kOutOfRange);
  CHECK(sampler.sampler.writes == 0);
}

TEST_CASE("values at the edge of their schema are accepted") {
  ConnectedLamp lamp;
  CHECK(lamp.call(write(2, Lamp::kBrightness, integer(0))) == Status::kOk);
  CHECK(lamp.call(write(3, Lamp::kBrightness, integer(100))) == Status::kOk);
  CHECK(lamp.call(write(4, Lamp::kColor, color(0xFFFFFF))) == Status::kOk);
  CHECK(lamp.call(with_argument(invoke(5, SystemFacts::kTimeSet),
                                integer(9007199254740991))) == Status::kOk);
  SamplerFixture sampler;
  CHECK(sampler.call(write(2, 1, number(-1))) == Status::kOk);
  CHECK(sampler.call(write(3, 2,
                           text("\xE2\x82\xAC"
                                "12"))) == Status::kOk);
  CHECK(sampler.call(write(4, 3, data("abc"))) == Status::kOk);
}

TEST_CASE("an action that continues after its answer is accepted") {
  ConnectedLamp lamp;
  lamp.base.send(invoke(2, Reset::kReset));
  lamp.fixture.settle();
  CHECK(status_of(lamp.base.heard()[0].body.result) == Status::kAccepted);
}

TEST_CASE("a pin that the unit drives itself is denied for writing, not for reading") {
  ConnectedLamp lamp;
  const Envelope set =
      with_argument(with_argument(invoke(2, Pins::kGpioWrite), integer(12)), integer(1));
  CHECK(lamp.call(set) == Status::kDenied);
  CHECK(lamp.pins.writes == 0);
  CHECK(lamp.call(with_argument(invoke(3, Pins::kGpioRead), integer(12))) == Status::kOk);
}

TEST_CASE("an operation that a capability does not have is unsupported") {
  SamplerFixture sampler;
  CHECK(sampler.call(read(2, 11)) == Status::kUnsupported);
  CHECK(sampler.call(write(3, 11, number(0))) == Status::kUnsupported);
  CHECK(sampler.call(invoke(4, 12)) == Status::kUnsupported);
}

TEST_CASE("a sensor that does not answer is a hardware_error") {
  LightFixture light;
  light.light.lux = -1;
  Base base;
  light.fixture.say_hello(base);
  CHECK(status_of(light.fixture.call(base, read(2, LightSensor::kIlluminance))) ==
        Status::kHardwareError);
}

TEST_CASE("a subscription beyond the last place is no_memory, and a place can be freed") {
  SamplerFixture sampler;
  for (uint32_t pid = 1; pid <= Subscriptions::kMax; ++pid) {
    sampler.base.send(subscribe(pid + 1, pid));
    sampler.fixture.settle();
    const std::vector<Envelope> answers = sampler.base.heard();
    REQUIRE(answers.size() == 2);
    CHECK(status_of(answers[0].body.result) == Status::kOk);
  }
  CHECK(sampler.call(subscribe(20, 9)) == Status::kNoMemory);
  CHECK(sampler.call(cancel(21, 1)) == Status::kOk);
  sampler.base.send(subscribe(22, 9));
  sampler.fixture.settle();
  CHECK(sampler.base.heard().size() == 2);
}
