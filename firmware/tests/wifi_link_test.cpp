// The board's link on lwIP as it is: it takes eight small segments that nobody
// acknowledges, and would wait for the ninth.
#include "esp8266/wifi_link.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/fixture.h"
#include "tests/messages.h"
#include "units/relay_unit.h"

using namespace signalbox;
using namespace signalbox::test;
using signalbox::esp8266::WifiLink;

namespace {

constexpr uint64_t kMs = 1000000;

struct Connection {
  Connection() {
    new_chip();
    link.open(WiFiClient(tcp));
  }
  size_t write(const std::string& text) {
    return link.write(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  // The time that one write took.
  uint64_t time_of_write(const std::string& text) {
    const uint64_t since_ns = chip().now_ns;
    (void)write(text);
    return chip().now_ns - since_ns;
  }
  std::shared_ptr<SimulatedTcp> tcp = std::make_shared<SimulatedTcp>();
  WifiLink link;
};

}  // namespace

TEST_CASE("a peer that stops acknowledging holds up no write") {
  Connection connection;
  connection.tcp->acknowledges = false;
  for (int i = 0; i < 1000; ++i) {
    CAPTURE(i);
    CHECK(connection.time_of_write("a small report") < 2 * kMs);
    chip().pass(kMs);
  }
  CHECK(connection.tcp->segments == SimulatedTcp::kSendSegments);
}

TEST_CASE("while nothing is acknowledged, hardly anything is tried") {
  Connection connection;
  connection.tcp->acknowledges = false;
  while (connection.write("one") > 0) {
  }
  uint64_t waited_ns = 0;
  for (int i = 0; i < 1000; ++i) {
    waited_ns += connection.time_of_write("one");
    chip().pass(kMs);
  }
  // Of a second: one try in 20 ms, of at most 1.2 ms each.
  CHECK(waited_ns < 80 * kMs);
}

TEST_CASE("what was refused leaves as soon as something is acknowledged") {
  Connection connection;
  connection.tcp->acknowledges = false;
  while (connection.write("one") > 0) {
  }
  connection.tcp->acknowledge_all();
  CHECK(connection.write("two") == 3);
}

TEST_CASE("a stack that is out of memory is tried again, with nothing to acknowledge") {
  Connection connection;
  connection.tcp->segments = SimulatedTcp::kSendSegments;
  CHECK(connection.write("one") == 0);
  connection.tcp->segments = 0;
  CHECK(connection.write("one") == 0);
  chip().pass(25 * kMs);
  CHECK(connection.write("one") == 3);
}

TEST_CASE("a reused link starts over") {
  Connection connection;
  connection.tcp->acknowledges = false;
  while (connection.write("one") > 0) {
  }
  connection.link.close();
  CHECK(connection.link.is_free());
  connection.tcp = std::make_shared<SimulatedTcp>();
  connection.link.open(WiFiClient(connection.tcp));
  CHECK(connection.write("two") == 3);
}

TEST_CASE("a pulse of the relay ends in time although its base has vanished") {
  struct Port final : RelayPort {
    void set(bool on) override {
      is_on = on;
      if (!on) off_ns = chip().now_ns;
    }
    bool is_on = false;
    uint64_t off_ns = 0;
  } port;
  Connection connection;
  FakeBoard board;
  const UnitIdentity identity = {"relay", RelayUnit::kModel,     "0",
                                 1,       ResetReason::kPowerOn, RelayUnit::kPolicy};
  RelayUnit relay(identity, board.ports, port, RelaySettings(), LinkProtection::plain());
  relay.relay.begin();
  // What the base said before it vanished, on a link that reads it.
  struct Said final : Link {
    explicit Said(WifiLink& link) : below(link) {}
    size_t read(uint8_t* into, size_t capacity) override {
      const size_t chunk = bytes.size() < capacity ? bytes.size() : capacity;
      memcpy(into, bytes.data(), chunk);
      bytes.erase(0, chunk);
      return chunk;
    }
    size_t write(const uint8_t* data, size_t size) override {
      return below.write(data, size);
    }
    bool is_open() override { return below.is_open(); }
    void close() override { below.close(); }
    void say(const Envelope& envelope) {
      uint8_t frame[kMaxFrameBytes];
      const size_t size = encode_plain_frame(envelope, frame, sizeof frame);
      bytes.append(reinterpret_cast<const char*>(frame), size);
    }
    WifiLink& below;
    std::string bytes;
  } link(connection.link);
  const auto now_ms = [] { return chip().now_ns / kMs; };
  relay.unit.accept(link, now_ms());
  link.say(hello(1));
  connection.tcp->acknowledges = false;
  uint64_t longest_ns = 0;
  uint64_t on_ns = 0;
  for (uint32_t turn = 1; turn < 1000; ++turn) {
    // A request each 10 ms: the pulse, and others until long after its end.
    if (turn == 50) link.say(with_argument(invoke(turn, Relay::kPulse), integer(200)));
    if (turn != 50 && turn % 10 == 0) link.say(read(turn, Relay::kOn));
    const uint64_t since_ns = chip().now_ns;
    (void)relay.unit.poll(now_ms());
    if (chip().now_ns - since_ns > longest_ns) longest_ns = chip().now_ns - since_ns;
    if (port.is_on && on_ns == 0) on_ns = chip().now_ns;
    chip().pass(kMs);
  }
  CHECK(connection.tcp->segments == SimulatedTcp::kSendSegments);
  CHECK(longest_ns < 50 * kMs);
  REQUIRE(on_ns > 0);
  CHECK_FALSE(port.is_on);
  CHECK(port.off_ns - on_ns >= 200 * kMs);
  CHECK(port.off_ns - on_ns <= 205 * kMs);
}
