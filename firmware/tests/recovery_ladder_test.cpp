#include "core/recovery_ladder.h"

#include <doctest/doctest.h>

#include <string>

#include "core/heap_guard.h"
#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr RecoverySigns kAllWell = {true, true, false, false};
constexpr RecoverySigns kNoWifi = {false, false, false, false};
constexpr RecoverySigns kNoWifiLampOn = {false, false, true, false};
constexpr RecoverySigns kNoPeer = {true, false, false, false};
constexpr RecoverySigns kAllWellByChoice = {true, true, false, true};
constexpr RecoverySigns kNoPeerByChoice = {true, false, false, true};
constexpr RecoverySigns kNoWifiByChoice = {false, false, false, true};
constexpr RecoverySigns kNoPeerByChoiceLampOn = {true, false, true, true};
constexpr RecoverySigns kNoPeerLampOn = {true, false, true, false};

// The steps of so many seconds as "30 rejoin, 60 rejoin, ...", counted from `from_s`.
std::string steps(RecoveryLadder& ladder, const RecoverySigns& signs, unsigned from_s,
                  unsigned seconds) {
  std::string said;
  for (unsigned s = from_s; s <= from_s + seconds; ++s) {
    const RecoveryStep step = ladder.poll(signs, s * 1000ull);
    if (step == RecoveryStep::kNone) continue;
    said += said.empty() ? "" : ", ";
    said += std::to_string(s - from_s);
    said += step == RecoveryStep::kRejoin         ? " rejoin"
            : step == RecoveryStep::kRestartRadio ? " radio"
            : step == RecoveryStep::kReboot       ? " reboot"
                                                  : " reboot by default";
    if (said.find("reboot") != std::string::npos) break;
  }
  return said;
}

}  // namespace

TEST_CASE("nothing is recovered while a peer is there") {
  RecoveryLadder ladder;
  CHECK(steps(ladder, kAllWell, 0, 7200) == "");
}

TEST_CASE("without Wi-Fi it rejoins, restarts the radio, and reboots after 15 min") {
  RecoveryLadder ladder;
  (void)ladder.poll(kAllWell, 50000);
  CHECK(steps(ladder, kNoWifi, 50, 300) ==
        "30 rejoin, 60 rejoin, 90 rejoin, 120 radio, 150 rejoin, 180 rejoin, 210 rejoin, "
        "240 radio, 270 rejoin, 300 rejoin");
  CHECK(steps(ladder, kNoWifi, 351, 1000).find("599 reboot") != std::string::npos);
}

TEST_CASE(
    "with Wi-Fi but without a peer it restarts the radio, and reboots after 15 min") {
  RecoveryLadder ladder;
  CHECK(steps(ladder, kNoPeer, 0, 2000) == "300 radio, 600 radio, 900 reboot");
}

TEST_CASE("an address by which nobody reached it is ignored at the next boot") {
  RecoveryLadder ladder;
  CHECK(steps(ladder, kNoPeerByChoice, 0, 2000) ==
        "300 radio, 600 radio, 900 reboot by default");
  // A MAC address that the access point does not let in.
  RecoveryLadder refused;
  CHECK(steps(refused, kNoWifiByChoice, 0, 2000).find("900 reboot by default") !=
        std::string::npos);
  // An output that is on comes first here as well.
  RecoveryLadder lit;
  CHECK(steps(lit, kNoPeerByChoiceLampOn, 0, 3600).find("reboot") == std::string::npos);
  CHECK(lit.poll(kNoPeerByChoice, 3601000) == RecoveryStep::kRebootByDefault);
}

TEST_CASE("where a base has come once, it is the base that has gone") {
  RecoveryLadder ladder;
  (void)ladder.poll(kAllWellByChoice, 50000);
  CHECK(steps(ladder, kNoPeerByChoice, 50, 2000) == "300 radio, 600 radio, 900 reboot");
}

TEST_CASE("a peer now and then is enough") {
  RecoveryLadder ladder;
  for (unsigned s = 0; s < 7200; s += 60) {
    CHECK(ladder.poll(kAllWell, s * 1000ull) == RecoveryStep::kNone);
    CHECK(steps(ladder, kNoPeer, s + 1, 58) == "");
  }
}

TEST_CASE("what is on stays on: the reboot waits until it is off") {
  RecoveryLadder ladder;
  const std::string said = steps(ladder, kNoPeerLampOn, 0, 3600);
  CHECK(said.find("reboot") == std::string::npos);
  CHECK(said.find("3600 radio") != std::string::npos);
  CHECK(ladder.poll(kNoPeer, 3601000) == RecoveryStep::kReboot);

  RecoveryLadder offline;
  CHECK(steps(offline, kNoWifiLampOn, 0, 3600).find("reboot") == std::string::npos);
}

TEST_CASE("Wi-Fi that is back resets the ladder") {
  RecoveryLadder ladder;
  CHECK(steps(ladder, kNoWifi, 0, 100) == "30 rejoin, 60 rejoin, 90 rejoin");
  CHECK(ladder.poll(kAllWell, 101000) == RecoveryStep::kNone);
  CHECK(steps(ladder, kNoWifi, 101, 100) == "30 rejoin, 60 rejoin, 90 rejoin");
}

TEST_CASE("low memory refuses further links, then closes all") {
  CHECK(assess_heap(38912) == HeapVerdict::kEnough);
  CHECK(assess_heap(8192) == HeapVerdict::kEnough);
  CHECK(assess_heap(8191) == HeapVerdict::kRefuseMore);
  CHECK(assess_heap(4096) == HeapVerdict::kRefuseMore);
  CHECK(assess_heap(4095) == HeapVerdict::kCloseAll);
}

TEST_CASE("a unit says whether it is listened to and whether something is on") {
  LampFixture lamp;
  Base base;
  CHECK_FALSE(lamp.unit.unit.has_peer());
  lamp.fixture.say_hello(base);
  CHECK(lamp.unit.unit.has_peer());
  CHECK_FALSE(lamp.unit.unit.holds_output());
  (void)lamp.fixture.call(base, write(2, Lamp::kOn, boolean(true)));
  CHECK(lamp.unit.unit.holds_output());
  (void)lamp.fixture.call(base, write(3, Lamp::kOn, boolean(false)));
  CHECK_FALSE(lamp.unit.unit.holds_output());
}

TEST_CASE("a unit that keeps samples for its base reboots only after six hours") {
  RecoveryLadder ladder;
  RecoverySigns signs = kNoPeer;
  signs.keeps_samples = true;
  (void)ladder.poll(kAllWell, 0);
  CHECK(steps(ladder, signs, 0, 6 * 3600 - 1).find("reboot") == std::string::npos);
  CHECK(steps(ladder, signs, 6 * 3600, 1) == "0 reboot");
}

TEST_CASE("the ladder's patience can be set, and turned off") {
  RecoveryRules rules;
  rules.suspect_radio_ms = 0;
  rules.reboot_ms = 0;
  RecoveryLadder ladder(rules);
  (void)ladder.poll(kAllWell, 0);
  CHECK(steps(ladder, kNoPeer, 0, 7200) == "");
  rules.suspect_radio_ms = 60000;
  rules.reboot_ms = 100000;
  RecoveryLadder quick(rules);
  (void)quick.poll(kAllWell, 0);
  CHECK(steps(quick, kNoPeer, 0, 200) == "60 radio, 100 reboot");
}

TEST_CASE("samples are kept from the end of a peer until the next has received them") {
  LightFixture light;
  Base base;
  light.fixture.say_hello(base);
  base.send(subscribe(2, LightSensor::kIlluminance, 1000));
  light.fixture.settle();
  CHECK_FALSE(light.unit.unit.keeps_samples());
  base.link.hang_up();
  light.fixture.settle();
  CHECK_FALSE(light.unit.unit.keeps_samples());
  light.light.lux = 7;
  light.fixture.now_ms += 5000;
  light.fixture.settle();
  CHECK(light.unit.unit.keeps_samples());
}
