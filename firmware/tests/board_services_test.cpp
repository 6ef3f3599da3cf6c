#include "units/board/board_services.h"

#include "tests/rig.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Greeted : LightRig {
  Base base;
  Greeted() { rig.greet(base); }
  Value value_of(uint32_t pid) {
    const Result result = rig.ask(base, read(2, pid));
    REQUIRE(status_of(result) == Status::kOk);
    return result.values[0];
  }
};

Envelope gpio_write(uint32_t request_id, int64_t pin, int64_t level) {
  return with_argument(with_argument(invoke(request_id, Pins::kGpioWrite), integer(pin)),
                       integer(level));
}

}  // namespace

TEST_CASE("the network facts are told") {
  Greeted unit;
  CHECK(std::string(unit.value_of(NetworkFacts::kMac).kind.text) == "02:00:00:12:34:56");
  CHECK(std::string(unit.value_of(NetworkFacts::kIp).kind.text) == "192.0.2.7");
  CHECK(std::string(unit.value_of(NetworkFacts::kNetmask).kind.text) == "255.255.255.0");
  CHECK(std::string(unit.value_of(NetworkFacts::kGateway).kind.text) == "192.0.2.1");
  CHECK(unit.value_of(NetworkFacts::kRssi).kind.integer == -60);
}

TEST_CASE("signal strength is looked at each 5 s and reported when it changed") {
  Greeted unit;
  unit.base.send(subscribe(2, NetworkFacts::kRssi));
  unit.rig.settle();
  unit.base.heard();
  unit.network.rssi = -71;
  unit.rig.pass(4999);
  CHECK(unit.base.heard().empty());
  unit.rig.pass(1);
  CHECK(unit.base.report().values[0].value.kind.integer == -71);
  unit.rig.pass(20000);
  CHECK(unit.base.heard().empty());
}

TEST_CASE("uptime and free heap are told") {
  Greeted unit;
  unit.rig.pass(500);
  CHECK(unit.value_of(SystemFacts::kUptime).kind.integer ==
        static_cast<int64_t>(unit.rig.now_ms));
  CHECK(unit.value_of(SystemFacts::kFreeHeap).kind.integer == 40000);
}

TEST_CASE("writing the time sets the clock, which then runs") {
  Greeted unit;
  CHECK(unit.value_of(SystemFacts::kTime).kind.integer ==
        static_cast<int64_t>(unit.rig.now_ms));
  const Result result =
      unit.rig.ask(unit.base, write(2, SystemFacts::kTime, integer(1795200000000)));
  CHECK(status_of(result) == Status::kOk);
  CHECK(result.values[0].kind.integer == 1795200000000);
  unit.rig.pass(1500);
  CHECK(unit.value_of(SystemFacts::kTime).kind.integer == 1795200001500);
}

TEST_CASE("a pin keeps the level it was given") {
  Greeted unit;
  const Result set = unit.rig.ask(unit.base, gpio_write(2, 5, 1));
  CHECK(status_of(set) == Status::kOk);
  CHECK(set.values[0].kind.integer == 1);
  const Result got =
      unit.rig.ask(unit.base, with_argument(invoke(3, Pins::kGpioRead), integer(5)));
  CHECK(got.values[0].kind.integer == 1);
  CHECK(unit.rig.ask(unit.base, gpio_write(4, 5, 0)).values[0].kind.integer == 0);
}

TEST_CASE("only the free pins may be touched") {
  Greeted unit;
  for (int64_t pin = -1; pin <= 17; ++pin) {
    const bool is_free = pin == 4 || pin == 5 || pin == 12 || pin == 13 || pin == 14;
    CHECK(status_of(unit.rig.ask(unit.base, gpio_write(2, pin, 1))) ==
          (is_free ? Status::kOk : Status::kOutOfRange));
  }
  CHECK(unit.pins.writes == 5);
  CHECK(status_of(unit.rig.ask(unit.base, gpio_write(2, 4, 2))) == Status::kOutOfRange);
}

TEST_CASE("the analog input is read") {
  Greeted unit;
  const Result result = unit.rig.ask(unit.base, invoke(2, Pins::kAnalogRead));
  CHECK(result.values[0].kind.integer == 700);
}

TEST_CASE("bytes sent on a looped UART come back as an event after the result") {
  Greeted unit;
  unit.base.send(with_argument(invoke(2, Uart::kUartWrite), data("hello")));
  unit.rig.settle();
  const std::vector<Envelope> said = unit.base.heard();
  REQUIRE(said.size() == 2);
  CHECK(status_of(said[0].body.result) == Status::kOk);
  CHECK(said[0].body.result.values[0].kind.integer == 5);
  CHECK(said[0].body.result.values[1].kind.boolean);
  REQUIRE(said[1].which_body == signalbox_unitlink_v1_Envelope_event_tag);
  CHECK(said[1].request_id == 0);
  CHECK(said[1].body.event.seq == 1);
  CHECK(said[1].body.event.uptime_ms == unit.rig.now_ms);
  CHECK(said[1].body.event.pid == Uart::kUartData);
  CHECK(said[1].body.event.data.kind.data.size == 5);
  CHECK(memcmp(said[1].body.event.data.kind.data.bytes, "hello", 5) == 0);
}

TEST_CASE("a UART without room takes what fits and says so") {
  Greeted unit;
  unit.uart.room = 3;
  unit.uart.flushed = false;
  unit.base.send(with_argument(invoke(2, Uart::kUartWrite), data("hello")));
  unit.rig.settle();
  const Result result = unit.base.heard()[0].body.result;
  CHECK(result.values[0].kind.integer == 3);
  CHECK_FALSE(result.values[1].kind.boolean);
}

TEST_CASE("UART data waits while the link is stuck") {
  Greeted unit;
  unit.base.link.allow_writes(2);
  unit.base.send(with_argument(invoke(2, Uart::kUartWrite), data("ab")));
  unit.rig.pass(10);
  CHECK(unit.uart.used == 2);
  unit.base.link.allow_writes(SIZE_MAX);
  unit.rig.pass(1);
  CHECK(unit.base.heard().size() == 2);
  CHECK(unit.uart.used == 0);
}

TEST_CASE("UART data that nobody hears is dropped") {
  LightRig unit;
  const uint8_t stale[] = {1, 2, 3};
  CHECK(unit.uart.write(stale, sizeof stale) == 3);
  unit.rig.settle();
  Base base;
  unit.rig.greet(base);
  unit.rig.pass(100);
  CHECK(base.heard().empty());
}

TEST_CASE("reset answers, says goodbye(restart), and then asks the shell") {
  Greeted unit;
  unit.base.send(invoke(2, Reset::kReset));
  unit.base.send(ping(3));
  unit.rig.settle();
  const std::vector<Envelope> said = unit.base.heard();
  REQUIRE(said.size() == 3);
  CHECK(status_of(said[0].body.result) == Status::kAccepted);
  CHECK(said[1].request_id == 3);
  CHECK(said[2].body.goodbye.reason ==
        signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_RESTART);
  CHECK(unit.base.link.was_closed());
  CHECK(unit.unit.unit.ready_to_restart());
}

TEST_CASE("a peer that takes no bytes does not keep the unit from restarting") {
  Greeted unit;
  unit.base.send(invoke(2, Reset::kReset));
  unit.base.link.allow_writes(0);
  unit.unit.unit.poll(unit.rig.now_ms);
  unit.unit.unit.poll(unit.rig.now_ms + 499);
  CHECK_FALSE(unit.unit.unit.ready_to_restart());
  unit.unit.unit.poll(unit.rig.now_ms + 500);
  CHECK(unit.unit.unit.ready_to_restart());
}

TEST_CASE("a unit about to restart does nothing more") {
  Greeted unit;
  unit.base.send(invoke(2, Reset::kReset));
  unit.rig.settle();
  CHECK(unit.unit.unit.poll(unit.rig.now_ms + 1000) == kIdle);
}
