// The host shell's own parts; the whole program is what the end-to-end tests talk to.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <utility>

#include "host/options.h"
#include "host/posix_link.h"
#include "host/settings_file.h"
#include "host/stock_unit.h"
#include "host/system_security.h"
#include "host/virtual_board.h"
#include "host/virtual_button.h"
#include "host/virtual_lamp.h"
#include "host/virtual_light.h"
#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::host;
using namespace signalbox::test;

TEST_CASE("the command line is understood") {
  Options options;
  CHECK(parse_options({"--unit", "lamp", "--port", "0", "--bind", "127.0.0.2", "--id",
                       "lamp-1", "--seed", "7", "--name", "Desk lamp", "--state-file",
                       "/tmp/x", "--no-reexec", "--key-file", "/tmp/key"},
                      options)
            .empty());
  CHECK(options.unit == "lamp");
  CHECK(options.port == 0);
  CHECK(options.bind == "127.0.0.2");
  CHECK(options.id == "lamp-1");
  CHECK(options.seed == 7);
  CHECK_FALSE(options.reexec);
}

TEST_CASE("wrong command lines are refused with a reason") {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"--unit", "lamp", "--plain"},
      {"--unit", "lamp", "--id", "x"},
      {"--unit", "lamp", "--id", "x", "--plain", "--key-file", "/tmp/key"},
      {"--id", "x", "--plain"},
      {"--unit", "toaster", "--plain", "--id", "x"},
      {"--unit", "lamp", "--plain", "--id", "x", "--port", "65536"},
      {"--unit", "lamp", "--plain", "--id", "x", "--port", "-1"},
      {"--unit", "lamp", "--plain", "--id", "x", "--port"},
      {"--unit", "lamp", "--plain", "--id", "has space"},
      {"--unit", "lamp", "--plain", "--id", "a-name-that-is-longer-than-32-byte"},
      {"--unit", "lamp", "--plain", "--id", "x", "--bind", "localhost"},
      {"--unit", "lamp", "--plain", "--id", "x", "--illuminance-period-ms", "0"},
      {"--unit", "lamp", "--plain", "--id", "x", "--colour", "red"},
      {"--unit", "relay", "--plain", "--id", "x", "--fail-safe", "maybe"},
      {"--unit", "relay", "--plain", "--id", "x", "--max-on-ms", "604800001"},
      {"--unit", "relay", "--plain", "--id", "x", "--fail-safe", "on", "--max-on-ms",
       "1000"},
  };
  for (const auto& arguments : wrong) {
    Options options;
    CHECK_FALSE(parse_options(arguments, options).empty());
  }
}

TEST_CASE("a relay's settings come from the command line") {
  Options options;
  CHECK(parse_options({"--unit", "relay", "--plain", "--id", "r", "--base-lost-after-ms",
                       "30000", "--max-on-ms", "604800000", "--fail-safe", "off"},
                      options)
            .empty());
  CHECK(options.relay.base_lost_after_ms == 30000);
  CHECK(options.relay.max_on_ms == 604800000);
  CHECK_FALSE(options.relay.fail_safe_on);
}

TEST_CASE("every stock unit of a PC describes itself") {
  VirtualNetwork network("x", "127.0.0.1", 1);
  VirtualMemory memory;
  VirtualPins pins(1);
  LoopbackUart uart;
  SettingsFile no_file;
  SettingsStore settings(no_file);
  const BoardPorts ports = {network, memory, pins, uart, settings};
  for (const char* name : {"light_sensor", "thermometer", "lamp", "relay", "button"}) {
    const StockKind* kind = find_stock_kind(name);
    REQUIRE(kind != nullptr);
    const UnitIdentity identity = {"x", kind->model,           "0",
                                   1,   ResetReason::kPowerOn, kind->policy};
    const auto stock = kind->build(Options(), identity, ports, LinkProtection::plain());
    CHECK(stock->unit().description().count() > BoardServices::kCapabilities);
  }
  CHECK(find_stock_kind("toaster") == nullptr);
}

TEST_CASE("a virtual button is pressed by words, and says of others that it does not") {
  VirtualButton button;
  CHECK(button.next_look_ms(0) == kIdle);
  CHECK_FALSE(button.parse_word("push"));
  CHECK(button.parse_word("press"));
  CHECK(button.is_pressed(1000));
  CHECK(button.next_look_ms(1000) == Button::kDebounceMs);
  CHECK(button.is_pressed(1020));
  CHECK(button.next_look_ms(1020) == 80);
  CHECK(button.is_pressed(1099));
  CHECK_FALSE(button.is_pressed(1100));
  // The next gesture begins when it cannot be mistaken for part of the last.
  CHECK(button.parse_word("double"));
  CHECK_FALSE(button.is_pressed(1120));
  CHECK(button.next_look_ms(1120) > Button::kDoubleGapMs);
  CHECK(button.is_pressed(2000));
  CHECK(button.is_pressed(2020));
  CHECK_FALSE(button.is_pressed(2100));
  CHECK_FALSE(button.is_pressed(2120));
  CHECK(button.next_look_ms(2120) == 30);
  CHECK(button.is_pressed(2150));
  CHECK(button.is_pressed(2170));
  CHECK_FALSE(button.is_pressed(2250));
  CHECK_FALSE(button.is_pressed(2270));
  CHECK(button.parse_word("long"));
  CHECK(button.is_pressed(4000));
  CHECK(button.is_pressed(4000 + Button::kLongMs + Button::kDebounceMs));
}

TEST_CASE(
    "a virtual button whose program gets no processor for a while misses no gesture") {
  const std::pair<const char*, uint32_t> gestures[] = {
      {"press", Button::kPress},
      {"double", Button::kDoublePress},
      {"long", Button::kLongPress},
  };
  for (const uint64_t pause_ms : {1, 25, 90, 150, 280}) {
    for (const auto& gesture : gestures) {
      // Not a structured binding: clang's C++17 captures none in a lambda, as CAPTURE
      // makes one.
      const char* const word = gesture.first;
      const uint32_t pid = gesture.second;
      CAPTURE(pause_ms);
      CAPTURE(word);
      FakeBoard board;
      VirtualButton button;
      ButtonUnit unit(kButtonIdentity, board.ports, button, LinkProtection::plain());
      Fixture fixture(unit.unit);
      Base base;
      fixture.say_hello(base);
      CHECK(button.parse_word(word));
      for (uint64_t passed_ms = 0; passed_ms < 3000; passed_ms += pause_ms) {
        fixture.now_ms += pause_ms;
        fixture.settle();
      }
      CHECK(base.heard_one().body.event.pid == pid);
    }
  }
}

TEST_CASE("words come in pieces, and too long a line is none") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  VirtualButton button;
  CHECK(::write(ends[1], "pre", 3) == 3);
  CHECK(button.read_words(ends[0]));
  CHECK_FALSE(button.is_pressed(0));
  CHECK(::write(ends[1], "ss\n", 3) == 3);
  CHECK(button.read_words(ends[0]));
  CHECK(button.is_pressed(0));
  CHECK(button.is_pressed(Button::kDebounceMs));
  const std::string rubbish = std::string(200, 'x') + "\n";
  CHECK(::write(ends[1], rubbish.data(), rubbish.size()) == 201);
  CHECK(button.read_words(ends[0]));
  CHECK_FALSE(button.is_pressed(5000));
  ::close(ends[1]);
  CHECK_FALSE(button.read_words(ends[0]));
  ::close(ends[0]);
}

TEST_CASE("a closed link lets the peer read its last bytes before the end") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  PosixLink link;
  link.open(ends[0]);
  CHECK(::write(ends[1], "unread", 6) == 6);
  const uint8_t last[] = {1, 2, 3};
  CHECK(link.write(last, sizeof last) == 3);
  link.close();
  CHECK(link.is_lingering());
  link.close_slowly(1000);
  CHECK(link.is_lingering());
  uint8_t got[8];
  CHECK(::read(ends[1], got, sizeof got) == 3);
  CHECK(::read(ends[1], got, sizeof got) == 0);
  ::close(ends[1]);
  link.close_slowly(1001);
  CHECK(link.is_free());
}

TEST_CASE("a peer that does not close is let go after half a second") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  PosixLink link;
  link.open(ends[0]);
  link.close();
  link.close_slowly(1000);
  link.close_slowly(1499);
  CHECK(link.is_lingering());
  link.close_slowly(1500);
  CHECK(link.is_free());
  ::close(ends[1]);
}

TEST_CASE("a full socket makes the link wait for room instead of bytes") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  PosixLink link;
  link.open(ends[0]);
  CHECK(link.wanted_events() == POLLIN);
  static uint8_t much[1 << 20];
  CHECK(link.write(much, sizeof much) < sizeof much);
  CHECK(link.wanted_events() == POLLOUT);
  link.release();
  ::close(ends[1]);
}

TEST_CASE("a link whose peer has gone is not open") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  PosixLink link;
  link.open(ends[0]);
  CHECK(link.is_open());
  ::close(ends[1]);
  uint8_t byte;
  CHECK(link.read(&byte, 1) == 0);
  CHECK_FALSE(link.is_open());
  link.close();
  CHECK(link.is_free());
}

TEST_CASE("the virtual lamp keeps its state in its file") {
  const std::string path = "signalbox-lamp-state-test";
  std::remove(path.c_str());
  VirtualLamp lamp(path);
  CHECK(lamp.load() == LampState{});
  LampState state;
  state.on = true;
  state.color = 0xFF8800;
  state.brightness = 80;
  lamp.settled(state);
  CHECK(VirtualLamp(path).load() == state);
  std::ofstream(path) << "nonsense";
  CHECK(VirtualLamp(path).load() == LampState{});
  std::remove(path.c_str());
}

TEST_CASE("a key is read from a file that only its owner can read") {
  const std::string path = "signalbox-key-test";
  std::ofstream(path) << "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
  uint8_t key[kKeyBytes];
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  CHECK(read_key_file(path, key).find("chmod 600") != std::string::npos);
  CHECK(key[31] == 0);
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  CHECK(read_key_file(path, key).empty());
  CHECK(key[31] == 31);
  std::ofstream(path) << "no key";
  const std::string wrong = read_key_file(path, key);
  CHECK(wrong.find("contains no key") != std::string::npos);
  std::remove(path.c_str());
  CHECK(read_key_file(path, key).find("cannot read") != std::string::npos);
}

TEST_CASE("virtual facts are plausible, and the same for the same seed") {
  VirtualNetwork one("unit-1", "127.0.0.1", 5);
  VirtualNetwork same("unit-1", "127.0.0.1", 5);
  VirtualNetwork other("unit-2", "192.168.1.9", 6);
  CHECK(std::string(one.mac()) == same.mac());
  CHECK(std::string(one.mac()) != other.mac());
  CHECK(std::string(one.mac()).substr(0, 3) == "02:");
  CHECK(std::string(other.gateway()) == "192.168.1.1");
  VirtualLight light(5);
  VirtualLight same_light(5);
  for (uint64_t ms = 0; ms < 600000; ms += 1000) {
    const double lux = light.read_lux(ms);
    CHECK(lux == same_light.read_lux(ms));
    CHECK(lux > 100);
    CHECK(lux < 800);
    CHECK(one.rssi_dbm() >= -62);
    CHECK(one.rssi_dbm() <= -54);
  }
}
