#include "units/board/board_services.h"

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Connected : LightFixture {
  Base base;
  Connected() { fixture.say_hello(base); }
  Value value_of(uint32_t pid) {
    const Result result = fixture.call(base, read(2, pid));
    REQUIRE(status_of(result) == Status::kOk);
    return result.values[0];
  }
};

Envelope gpio_write(uint32_t request_id, int64_t pin, int64_t level) {
  return with_argument(with_argument(invoke(request_id, Pins::kGpioWrite), integer(pin)),
                       integer(level));
}

Envelope gpio_pulse(uint32_t request_id, int64_t pin, int64_t level, int64_t duration) {
  const Envelope pulse = with_argument(
      with_argument(invoke(request_id, Pins::kGpioPulse), integer(pin)), integer(level));
  return with_argument(pulse, integer(duration));
}

Envelope uart_open(uint32_t request_id, int64_t baud, const char* frame) {
  return with_argument(with_argument(invoke(request_id, Uart::kUartOpen), integer(baud)),
                       text(frame));
}

}  // namespace

TEST_CASE("the network facts are reported") {
  Connected unit;
  CHECK(std::string(unit.value_of(NetworkFacts::kMac).kind.text) == "02:00:00:12:34:56");
  CHECK(std::string(unit.value_of(NetworkFacts::kIp).kind.text) == "192.0.2.7");
  CHECK(std::string(unit.value_of(NetworkFacts::kNetmask).kind.text) == "255.255.255.0");
  CHECK(std::string(unit.value_of(NetworkFacts::kGateway).kind.text) == "192.0.2.1");
  CHECK(unit.value_of(NetworkFacts::kRssi).kind.integer == -60);
}

TEST_CASE("signal strength is looked at each 5 s and reported when it changed") {
  Connected unit;
  unit.base.send(subscribe(2, NetworkFacts::kRssi));
  unit.fixture.settle();
  unit.base.heard();
  unit.network.rssi = -71;
  unit.fixture.pass(4999);
  CHECK(unit.base.heard().empty());
  unit.fixture.pass(1);
  CHECK(unit.base.report().values[0].value.kind.integer == -71);
  unit.fixture.pass(20000);
  CHECK(unit.base.heard().empty());
}

TEST_CASE("uptime and free heap are reported") {
  Connected unit;
  unit.fixture.pass(500);
  CHECK(unit.value_of(SystemFacts::kUptime).kind.integer ==
        static_cast<int64_t>(unit.fixture.now_ms));
  CHECK(unit.value_of(SystemFacts::kFreeHeap).kind.integer == 40000);
}

TEST_CASE("the clock is set, reports how wrong it was, and then runs") {
  Connected unit;
  const auto source = [&] {
    return std::string(unit.value_of(SystemFacts::kTimeSource).kind.text);
  };
  CHECK(unit.value_of(SystemFacts::kTime).kind.integer ==
        static_cast<int64_t>(unit.fixture.now_ms));
  CHECK(source() == "nobody");
  const Envelope set =
      with_argument(invoke(2, SystemFacts::kTimeSet), integer(1795200000000));
  Result result = unit.fixture.call(unit.base, set);
  CHECK(status_of(result) == Status::kOk);
  CHECK(result.values[0].kind.integer ==
        static_cast<int64_t>(unit.fixture.now_ms) - 1795200000000);
  CHECK(result.values[1].kind.integer == 0);
  CHECK(source() == "command");
  unit.fixture.pass(1500);
  CHECK(unit.value_of(SystemFacts::kTime).kind.integer == 1795200001500);
  result = unit.fixture.call(unit.base, set);
  CHECK(result.values[0].kind.integer == 1500);
}

TEST_CASE("the clock is set by a base, and by no unauthenticated peer") {
  LightFixture unit;
  Base unauthenticated;
  unit.fixture.connect(unauthenticated);
  unauthenticated.send(with_argument(invoke(1, SystemFacts::kTimeSet), integer(1)));
  unit.fixture.settle();
  CHECK(unauthenticated.link.was_closed());
  Base base;
  unit.fixture.say_hello(base);
  Result result = unit.fixture.call(base, read(2, SystemFacts::kTimeSource));
  CHECK(std::string(result.values[0].kind.text) == "nobody");
  base.send(time_of(1795200000000));
  unit.fixture.settle();
  result = unit.fixture.call(base, read(3, SystemFacts::kTimeSource));
  CHECK(std::string(result.values[0].kind.text) == "base");
}

TEST_CASE("a pin keeps the level it was given") {
  Connected unit;
  const Result set = unit.fixture.call(unit.base, gpio_write(2, 5, 1));
  CHECK(status_of(set) == Status::kOk);
  CHECK(set.values[0].kind.integer == 1);
  const Result got =
      unit.fixture.call(unit.base, with_argument(invoke(3, Pins::kGpioRead), integer(5)));
  CHECK(got.values[0].kind.integer == 1);
  CHECK(unit.fixture.call(unit.base, gpio_write(4, 5, 0)).values[0].kind.integer == 0);
}

TEST_CASE("only the free pins may be touched") {
  Connected unit;
  for (int64_t pin = -1; pin <= 17; ++pin) {
    const bool is_free = pin == 4 || pin == 5 || pin == 12 || pin == 13 || pin == 14;
    CHECK(status_of(unit.fixture.call(unit.base, gpio_write(2, pin, 1))) ==
          (is_free ? Status::kOk : Status::kOutOfRange));
  }
  CHECK(unit.pins.writes == 5);
  CHECK(status_of(unit.fixture.call(unit.base, gpio_write(2, 4, 2))) ==
        Status::kOutOfRange);
}

TEST_CASE("a pulse ends by itself, at the opposite level, and reports it") {
  Connected unit;
  (void)unit.fixture.call(unit.base, gpio_write(2, 5, 0));
  CHECK_FALSE(unit.unit.unit.holds_output());
  CHECK(status_of(unit.fixture.call(unit.base, gpio_pulse(3, 5, 1, 500))) ==
        Status::kAccepted);
  CHECK(unit.pins.read_level(5) == 1);
  CHECK(unit.unit.unit.holds_output());
  unit.fixture.pass(499);
  CHECK(unit.pins.read_level(5) == 1);
  CHECK(unit.base.heard().empty());
  unit.fixture.pass(1);
  CHECK(unit.pins.read_level(5) == 0);
  CHECK_FALSE(unit.unit.unit.holds_output());
  const Envelope reported = unit.base.heard_one();
  CHECK(reported.body.event.pid == Pins::kGpioPulsed);
  CHECK(reported.body.event.data.kind.integer == 5);
  unit.fixture.pass(100000);
  CHECK(unit.pins.writes == 3);
}

TEST_CASE("a pulse can be low, and another pin has its own") {
  Connected unit;
  (void)unit.fixture.call(unit.base, gpio_write(2, 5, 1));
  (void)unit.fixture.call(unit.base, gpio_write(3, 14, 0));
  (void)unit.fixture.call(unit.base, gpio_pulse(4, 5, 0, 200));
  (void)unit.fixture.call(unit.base, gpio_pulse(5, 14, 1, 100));
  CHECK(unit.pins.read_level(5) == 0);
  CHECK(unit.pins.read_level(14) == 1);
  unit.fixture.pass(100);
  CHECK(unit.pins.read_level(5) == 0);
  CHECK(unit.pins.read_level(14) == 0);
  unit.fixture.pass(100);
  CHECK(unit.pins.read_level(5) == 1);
}

TEST_CASE("a pulse needs a pin that was made an output, one at a time") {
  Connected unit;
  const auto pulse = [&](int64_t pin, int64_t duration) {
    return status_of(unit.fixture.call(unit.base, gpio_pulse(9, pin, 1, duration)));
  };
  CHECK(pulse(5, 500) == Status::kDenied);
  CHECK(unit.pins.writes == 0);
  (void)unit.fixture.call(unit.base, gpio_write(2, 5, 0));
  CHECK(pulse(5, 0) == Status::kOutOfRange);
  CHECK(pulse(5, 60001) == Status::kOutOfRange);
  CHECK(pulse(6, 500) == Status::kOutOfRange);
  CHECK(pulse(5, 60000) == Status::kAccepted);
  CHECK(pulse(5, 500) == Status::kBusy);
  unit.fixture.pass(30000);
  unit.base.send(ping(3));  // a silent base would be dropped
  unit.fixture.pass(29999);
  CHECK(unit.pins.read_level(5) == 1);
  unit.fixture.pass(1);
  CHECK(unit.pins.read_level(5) == 0);
  unit.base.heard();
  CHECK(pulse(5, 500) == Status::kAccepted);
}

TEST_CASE("setting a pin replaces its pulse") {
  Connected unit;
  (void)unit.fixture.call(unit.base, gpio_write(2, 5, 0));
  (void)unit.fixture.call(unit.base, gpio_pulse(3, 5, 1, 500));
  (void)unit.fixture.call(unit.base, gpio_write(4, 5, 1));
  unit.fixture.pass(1000);
  CHECK(unit.pins.read_level(5) == 1);
  CHECK(unit.base.heard().empty());
}

TEST_CASE("a pulse ends even if its base is gone or reads nothing") {
  Connected unit;
  (void)unit.fixture.call(unit.base, gpio_write(2, 5, 0));
  (void)unit.fixture.call(unit.base, gpio_pulse(3, 5, 1, 500));
  unit.base.link.allow_writes(2);
  unit.base.send(ping(4));
  unit.fixture.pass(500);
  CHECK(unit.pins.read_level(5) == 0);
  unit.base.link.allow_writes(SIZE_MAX);
  unit.fixture.pass(1);
  CHECK(unit.base.heard().size() == 1);  // the pong; the event found no room
  (void)unit.fixture.call(unit.base, gpio_pulse(5, 5, 1, 500));
  unit.base.link.hang_up();
  unit.fixture.pass(500);
  CHECK(unit.pins.read_level(5) == 0);
}

TEST_CASE("the unit's own pins are not pulsed") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  CHECK(status_of(lamp.fixture.call(base, gpio_pulse(2, LampUnit::kRedPin, 1, 500))) ==
        Status::kDenied);
  CHECK(lamp.pins.writes == 0);
}

TEST_CASE("the analog input is read") {
  Connected unit;
  const Result result = unit.fixture.call(unit.base, invoke(2, Pins::kAnalogRead));
  CHECK(result.values[0].kind.integer == 700);
}

TEST_CASE("bytes sent on a looped UART come back as an event after the result") {
  Connected unit;
  unit.base.send(with_argument(invoke(2, Uart::kUartWrite), data("hello")));
  unit.fixture.settle();
  const std::vector<Envelope> said = unit.base.heard();
  REQUIRE(said.size() == 2);
  CHECK(status_of(said[0].body.result) == Status::kOk);
  CHECK(said[0].body.result.values[0].kind.integer == 5);
  CHECK(said[0].body.result.values[1].kind.integer == 251);
  CHECK(std::string(said[0].body.result.values[2].kind.text) == "confirmed");
  REQUIRE(said[1].which_body == signalbox_unitlink_v1_Envelope_event_tag);
  CHECK(said[1].request_id == 0);
  CHECK(said[1].body.event.seq == 1);
  CHECK(said[1].body.event.uptime_ms == unit.fixture.now_ms);
  CHECK(said[1].body.event.pid == Uart::kUartData);
  CHECK(said[1].body.event.data.kind.data.size == 5);
  CHECK(memcmp(said[1].body.event.data.kind.data.bytes, "hello", 5) == 0);
}

TEST_CASE("a UART without room accepts what fits and says so") {
  Connected unit;
  unit.uart.capacity = 3;
  unit.uart.flushed = UartFlush::kPending;
  unit.base.send(with_argument(invoke(2, Uart::kUartWrite), data("hello")));
  unit.fixture.settle();
  const Result result = unit.base.heard()[0].body.result;
  CHECK(result.values[0].kind.integer == 3);
  CHECK(result.values[1].kind.integer == 0);
  CHECK(std::string(result.values[2].kind.text) == "pending");
}

TEST_CASE("the progress of the UART can be read without sending") {
  Connected unit;
  for (const auto& [state, name] : {std::pair{UartFlush::kPending, "pending"},
                                    {UartFlush::kAssumed, "assumed"},
                                    {UartFlush::kConfirmed, "confirmed"}}) {
    unit.uart.flushed = state;
    const Result result = unit.fixture.call(unit.base, invoke(2, Uart::kUartFlush));
    CHECK(result.values[0].kind.integer == 256);
    CHECK(std::string(result.values[1].kind.text) == name);
  }
}

TEST_CASE("the UART is set up, and reports its settings") {
  Connected unit;
  const auto settings = [&] {
    return std::string(unit.value_of(Uart::kUartSettings).kind.text);
  };
  CHECK(settings() == "115200 8N1");
  CHECK(unit.value_of(Uart::kUartShared).kind.boolean);
  const Result result = unit.fixture.call(unit.base, uart_open(2, 9600, "7E2"));
  CHECK(status_of(result) == Status::kOk);
  CHECK(result.values[0].kind.integer == 256);
  CHECK(unit.uart.settings.baud == 9600);
  CHECK(unit.uart.settings.data_bits == 7);
  CHECK(unit.uart.settings.parity == UartParity::kEven);
  CHECK(unit.uart.settings.stop_bits == 2);
  CHECK(settings() == "9600 7E2");
  (void)unit.fixture.call(unit.base, uart_open(3, 300, "5O1"));
  CHECK(settings() == "300 5O1");
}

TEST_CASE("a UART that cannot be set up so stays as it is") {
  Connected unit;
  const auto open = [&](int64_t baud, const char* frame) {
    return status_of(unit.fixture.call(unit.base, uart_open(2, baud, frame)));
  };
  for (const char* wrong : {"", "8N", "4N1", "9N1", "8X1", "8n1", "8N0", "8N3"}) {
    CAPTURE(wrong);
    CHECK(open(9600, wrong) == Status::kOutOfRange);
  }
  CHECK(open(9601, "8N1") == Status::kOutOfRange);
  CHECK(open(9600, "8N11") == Status::kOutOfRange);
  unit.uart.flushed = UartFlush::kAssumed;
  CHECK(open(9600, "8N1") == Status::kBusy);
  unit.uart.flushed = UartFlush::kConfirmed;
  unit.uart.opened = UartPort::Opened::kNotNow;
  CHECK(open(9600, "8N1") == Status::kBusy);
  unit.uart.opened = UartPort::Opened::kImpossible;
  CHECK(open(9600, "8N1") == Status::kUnsupported);
  CHECK(std::string(unit.value_of(Uart::kUartSettings).kind.text) == "115200 8N1");
}

TEST_CASE("UART data waits while the link is stuck") {
  Connected unit;
  unit.base.link.allow_writes(2);
  unit.base.send(with_argument(invoke(2, Uart::kUartWrite), data("ab")));
  unit.fixture.pass(10);
  CHECK(unit.uart.used == 2);
  unit.base.link.allow_writes(SIZE_MAX);
  unit.fixture.pass(1);
  CHECK(unit.base.heard().size() == 2);
  CHECK(unit.uart.used == 0);
}

TEST_CASE("UART data without a peer is dropped") {
  LightFixture unit;
  const uint8_t stale[] = {1, 2, 3};
  CHECK(unit.uart.write(stale, sizeof stale) == 3);
  unit.fixture.settle();
  Base base;
  unit.fixture.say_hello(base);
  unit.fixture.pass(100);
  CHECK(base.heard().empty());
}

TEST_CASE("reset answers, sends goodbye(restart), and then requests the restart") {
  Connected unit;
  unit.base.send(invoke(2, Reset::kReset));
  unit.base.send(ping(3));
  unit.fixture.settle();
  const std::vector<Envelope> said = unit.base.heard();
  REQUIRE(said.size() == 3);
  CHECK(status_of(said[0].body.result) == Status::kAccepted);
  CHECK(said[1].request_id == 3);
  CHECK(said[2].body.goodbye.reason ==
        signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_RESTART);
  CHECK(unit.base.link.was_closed());
  CHECK(unit.unit.unit.ready_to_restart());
}

TEST_CASE("a factory reset answers first, and then requests the erasure") {
  Connected unit;
  unit.unit.board.restart.allow_forgetting();
  unit.base.send(invoke(2, Reset::kFactoryReset));
  unit.fixture.settle();
  const std::vector<Envelope> said = unit.base.heard();
  REQUIRE(said.size() == 2);
  CHECK(status_of(said[0].body.result) == Status::kAccepted);
  CHECK(said[1].body.goodbye.reason ==
        signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_RESTART);
  CHECK(unit.unit.unit.ready_to_restart());
  CHECK(unit.unit.board.restart.forgets());
}

TEST_CASE("a unit that can forget nothing says so, and a plain reset forgets nothing") {
  Connected unit;
  CHECK(status_of(unit.fixture.call(unit.base, invoke(2, Reset::kFactoryReset))) ==
        Status::kUnsupported);
  CHECK_FALSE(unit.unit.unit.ready_to_restart());
  unit.unit.board.restart.allow_forgetting();
  unit.base.send(invoke(3, Reset::kReset));
  unit.fixture.settle();
  CHECK(unit.unit.unit.ready_to_restart());
  CHECK_FALSE(unit.unit.board.restart.forgets());
}

TEST_CASE("a peer that reads no bytes does not keep the unit from restarting") {
  Connected unit;
  unit.base.send(invoke(2, Reset::kReset));
  unit.base.link.allow_writes(0);
  unit.unit.unit.poll(unit.fixture.now_ms);
  unit.unit.unit.poll(unit.fixture.now_ms + 499);
  CHECK_FALSE(unit.unit.unit.ready_to_restart());
  unit.unit.unit.poll(unit.fixture.now_ms + 500);
  CHECK(unit.unit.unit.ready_to_restart());
}

TEST_CASE("a unit about to restart does nothing more") {
  Connected unit;
  unit.base.send(invoke(2, Reset::kReset));
  unit.fixture.settle();
  CHECK(unit.unit.unit.poll(unit.fixture.now_ms + 1000) == kIdle);
}
