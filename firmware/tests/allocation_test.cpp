#include <stdlib.h>

#include "core/provisioner.h"
#include "tests/allocation_counter.h"
#include "tests/fake_flash.h"
#include "tests/fake_one_wire.h"
#include "tests/fixture.h"
#include "tests/secure_base.h"
#include "units/drivers/ds18b20.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("the counter sees allocations") {
  const size_t before = allocations();
  int* volatile number = new int(1);
  delete number;
  void* volatile memory = malloc(8);
  free(memory);
  CHECK(allocations() == before + 2);
}

TEST_CASE("nothing is allocated after setup") {
  LampFixture lamp;
  LightFixture light;
  Base base, sensor_base;
  // Every kind of message, frames built ahead so that only the firmware runs below.
  const Envelope requests[] = {
      hello(),
      time_of(5),
      describe(2, 0),
      read(3, 32),
      write(4, Lamp::kColor, color(0x112233), {42, 5000}, 300),
      write(4, Lamp::kColor, color(0x112233), {42, 5000}, 300),
      subscribe(5, Lamp::kColor, 0, 100),
      resume(9, 0),
      with_argument(invoke(6, Uart::kUartWrite), data("hello")),
      ping(7),
      read(8, 99),
  };
  uint8_t frames[4096];
  size_t starts[sizeof requests / sizeof requests[0] + 1] = {};
  size_t used = 0;
  size_t count = 0;
  for (const Envelope& request : requests) {
    starts[count++] = used;
    used += encode_plain_frame(request, frames + used, sizeof frames - used);
  }
  starts[count] = used;

  lamp.fixture.connect(base);
  light.fixture.connect(sensor_base);
  const size_t before = allocations();
  for (size_t i = 0; i < count; ++i) {
    base.link.feed(frames + starts[i], starts[i + 1] - starts[i]);
    sensor_base.link.feed(frames + starts[i], starts[i + 1] - starts[i]);
    for (int turn = 0; turn < 50; ++turn) {
      lamp.unit.unit.poll(lamp.fixture.now_ms);
      light.unit.unit.poll(light.fixture.now_ms);
      lamp.fixture.now_ms += 10;
      light.fixture.now_ms += 10;
    }
  }
  const uint8_t garbage = 0;
  base.link.feed(&garbage, 1);
  lamp.unit.unit.poll(lamp.fixture.now_ms);
  light.unit.unit.shut_down();
  CHECK(allocations() == before);
  CHECK(base.link.was_closed());
  CHECK(base.heard().size() >= 12);
}

TEST_CASE("nothing is allocated by handshakes and sealed frames") {
  FakeBoard board;
  FakeLamp port;
  FakeSecurity security;
  LampUnit lamp(kLampIdentity, board.ports, port, {},
                LinkProtection::encrypted(kTestKey, security));
  SecureBase base;
  uint64_t now_ms = 1000;
  const auto turn = [&] {
    while (lamp.unit.poll(now_ms) == 0) {
    }
  };
  TicketSecret ticket;
  size_t heard = 0;
  const size_t before = allocations();
  for (int connection = 0; connection < 3; ++connection) {
    base.renew();
    lamp.unit.accept(base.link, now_ms);
    const bool good = connection == 0 ? base.open(turn) : base.resume(ticket, turn);
    if (!good) break;
    ticket = base.ticket;
    base.send(hello());
    base.send(write(2, Lamp::kOn, boolean(true)));
    turn();
    Envelope answer;
    while (base.next_message(answer)) ++heard;
    base.send(goodbye());
    turn();
  }
  CHECK(allocations() == before);
  CHECK(heard == 6);
}

namespace {

// A line whose other end has said all it will say.
struct SaidLine final : SerialPort {
  size_t write(const uint8_t*, size_t size) override {
    written += size;
    return size;
  }
  size_t read(uint8_t* into, size_t) override {
    if (at == said_bytes) return 0;
    *into = said[at++];
    return 1;
  }
  uint8_t said[1024];
  size_t said_bytes = 0;
  size_t at = 0;
  size_t written = 0;
};

struct WillingWifi final : WifiPort {
  void join(const Settings& settings) override { is_in = settings.has_wifi(); }
  WifiState state() override {
    return is_in ? WifiState::kConnected : WifiState::kNoNetwork;
  }
  void address(uint8_t (&into)[4]) override { memset(into, 1, sizeof into); }
  bool is_in = false;
};

}  // namespace

TEST_CASE("nothing is allocated by provisioning and settings") {
  FakeFlash flash;
  SettingsStore store(flash);
  SaidLine line;
  WillingWifi wifi;
  const ProvisioningFacts facts = {"lamp-1", "rgb-lamp", "0.1.0", "test",
                                   8888,     true,       true};
  Provisioner provisioner(facts, {line, wifi, store});
  const uint8_t join[] = {1, 4, 1, 'n', 1, 'p'};
  const uint8_t information[] = {3, 0};
  uint8_t key[kKeyBytes + kChallengeBytes + 1] = {7};
  const SerialPacket packets[] = {
      {PacketFamily::kSignalbox, 1, nullptr, 0},
      {PacketFamily::kImprov, 3, information, sizeof information},
      {PacketFamily::kImprov, 3, join, sizeof join},
      {PacketFamily::kSignalbox, 2, key, sizeof key},
  };
  for (const SerialPacket& packet : packets) {
    line.said_bytes += encode_serial_packet(packet, line.said + line.said_bytes);
  }
  const size_t before = allocations();
  store.load();
  for (uint64_t now_ms = 0; now_ms < 50; ++now_ms) (void)provisioner.poll(now_ms);
  store.keep_utc_offset(60);
  CHECK(allocations() == before);
  CHECK(line.at == line.said_bytes);
  CHECK(provisioner.wants_restart());
  CHECK(store.settings().has_wifi());
}

TEST_CASE("nothing is allocated by a change of address, nor by keeping it") {
  LampFixture lamp;
  Base base, back;
  Envelope change = invoke(2, NetworkChange::kNetworkSet);
  for (const char* address : {"192.0.2.9", "255.255.255.0", "192.0.2.1"}) {
    change = with_argument(change, text(address));
  }
  uint8_t frames[1024];
  const size_t hello_bytes = encode_plain_frame(hello(), frames, sizeof frames);
  const size_t all = hello_bytes + encode_plain_frame(change, frames + hello_bytes,
                                                      sizeof frames - hello_bytes);
  lamp.fixture.connect(base);
  const size_t before = allocations();
  base.link.feed(frames, all);
  for (int turn = 0; turn < 200; ++turn) {
    if (turn == 100) {
      lamp.fixture.connect(back);
      back.link.feed(frames, hello_bytes);
    }
    lamp.unit.unit.poll(lamp.fixture.now_ms);
    lamp.fixture.now_ms += 10;
  }
  CHECK(allocations() == before);
  CHECK(lamp.network.used.addresses.ip == 0xC0000209);
  CHECK(lamp.store.settings().network == lamp.network.used);
}

TEST_CASE("nothing is allocated by the other stock units, nor by their events") {
  RelaySettings settings;
  settings.base_lost_after_ms = 500;
  settings.max_on_ms = 200;
  RelayFixture relay(settings);
  ButtonFixture button;
  ClimateFixture climate;
  static Base bases[3];
  Fixture* const fixtures[] = {&relay.fixture, &button.fixture, &climate.fixture};
  Unit* const units[] = {&relay.unit.unit, &button.unit.unit, &climate.unit.unit};
  const Envelope requests[] = {
      hello(),        subscribe(2, 1), read(3, 1), write(4, Relay::kOn, boolean(true)),
      describe(5, 0),
  };
  uint8_t frames[2048];
  size_t used = 0;
  for (const Envelope& request : requests) {
    used += encode_plain_frame(request, frames + used, sizeof frames - used);
  }
  const size_t goodbye_bytes =
      encode_plain_frame(goodbye(), frames + used, sizeof frames - used);
  for (size_t i = 0; i < 3; ++i) fixtures[i]->connect(bases[i]);
  const size_t before = allocations();
  for (Base& base : bases) base.link.feed(frames, used);
  for (int turn = 0; turn < 300; ++turn) {
    button.button.pressed = turn % 100 < 50;
    climate.climate.sample.celsius_e4 += 100;
    for (size_t i = 0; i < 3; ++i) {
      units[i]->poll(fixtures[i]->now_ms);
      fixtures[i]->now_ms += 10;
    }
    if (turn == 150) {
      for (Base& base : bases) base.link.feed(frames + used, goodbye_bytes);
    }
  }
  CHECK(allocations() == before);
  CHECK_FALSE(relay.relay.on);
  size_t events = 0;
  for (const Envelope& envelope : bases[1].heard()) {
    if (envelope.which_body == signalbox_unitlink_v1_Envelope_event_tag) ++events;
  }
  CHECK(events > 0);
}

TEST_CASE("nothing is allocated by the drivers of sensors") {
  FakeOneWire line;
  // The vectors of the line are the test's own: only the driver's part is counted.
  line.violations.reserve(8);
  line.commands.reserve(8);
  Ds18b20 driver(line);
  ClimateSample sample;
  uint32_t wait_ms = 0;
  line.let_pass_ms(10);
  const size_t before = allocations();
  driver.begin(line.now_ms());
  auto progress = ClimateDriver::Progress::kBusy;
  while (progress == ClimateDriver::Progress::kBusy) {
    progress = driver.poll(line.now_ms(), wait_ms, sample);
    if (wait_ms > 0) line.let_pass_ms(wait_ms);
  }
  CHECK(allocations() == before);
}
