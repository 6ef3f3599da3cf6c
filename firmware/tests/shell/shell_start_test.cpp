// How a board begins: its shell as it is, a relay's, whose level is driven first of all.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <Arduino.h>
#include <doctest/doctest.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/settings_store.h"
#include "esp8266/flash_sectors.h"
#include "tests/shell/recorded_core.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr uint32_t kException = REASON_EXCEPTION_RST;
constexpr uint64_t kMinuteUs = 60000000;

Settings provisioned() {
  Settings settings;
  strcpy(settings.wifi_name, "home");
  settings.has_key = true;
  memset(settings.key, 7, sizeof settings.key);
  return settings;
}

void keep(const Settings& settings) {
  esp8266::FlashSectors flash;
  SettingsStore store(flash);
  store.load();
  REQUIRE(store.save(settings));
}

// What the shell did from its start, as a process of its own: a board's variables begin
// anew with it, and only flash and the clock's memory outlive it.
template <typename Life>
std::vector<std::string> live(Life life) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    core().calls.clear();
    core().rtc_writes = 0;
    setup();
    life();
    std::string all;
    for (const std::string& call : core().calls) all += call + "\n";
    all += "rtc writes " + std::to_string(core().rtc_writes) + "\n";
    const bool is_reported = write(ends[1], all.data(), all.size()) >= 0;
    // What doctest would do at the end is the parent's.
    _exit(is_reported ? 0 : 1);
  }
  close(ends[1]);
  std::string all;
  char bytes[512];
  for (ssize_t count; (count = read(ends[0], bytes, sizeof bytes)) > 0;) {
    all.append(bytes, static_cast<size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  std::vector<std::string> calls;
  for (size_t from = 0, end; (end = all.find('\n', from)) != all.npos; from = end + 1) {
    calls.push_back(all.substr(from, end - from));
  }
  return calls;
}

std::vector<std::string> start() {
  return live([] {});
}

size_t place_of(const std::vector<std::string>& calls, const std::string& call) {
  RecordedCore as;
  as.calls = calls;
  return as.place_of(call);
}

}  // namespace

TEST_CASE(
    "a relay's level is driven before anything else, and before its pin is an output") {
  keep(provisioned());
  const std::vector<std::string> calls = start();
  REQUIRE(calls.size() > 4);
  CHECK(calls[0] == "pin 5 low");
  CHECK(calls[1] == "pin 5 output");
  CHECK(place_of(calls, "radio on") < calls.size());
  CHECK(place_of(calls, "pin 5 high") == calls.size());
}

TEST_CASE("the router gets a board's name when it joins") {
  SUBCASE("which is its hardware id") {
    keep(provisioned());
    const std::vector<std::string> calls = start();
    CHECK(place_of(calls, "hostname relay-4f2a91") < place_of(calls, "join home"));
    CHECK(place_of(calls, "join home") < calls.size());
  }
  SUBCASE("or another that it was given") {
    Settings settings = provisioned();
    strcpy(settings.host_name, "boiler");
    keep(settings);
    const std::vector<std::string> calls = start();
    CHECK(place_of(calls, "hostname boiler") < place_of(calls, "join home"));
    CHECK(place_of(calls, "hostname relay") == calls.size());
  }
}

TEST_CASE("an unprovisioned board neither joins nor listens") {
  keep(Settings());
  const std::vector<std::string> calls = start();
  CHECK(place_of(calls, "join") == calls.size());
  CHECK(place_of(calls, "listen") == calls.size());
  CHECK(calls[0] == "pin 5 low");
}

TEST_CASE("starts are counted where there is a way out of safe mode, and nowhere else") {
  core().reset_reason = kException;
  keep(provisioned());
  CHECK(start().back() == "rtc writes 1");
  Settings without_key = provisioned();
  without_key.has_key = false;
  keep(without_key);
  CHECK(start().back() == "rtc writes 0");
}

TEST_CASE("a board that waits for its base in vain restarts its radio, then itself") {
  keep(provisioned());
  core().is_connected = true;
  const std::vector<std::string> calls = live([] {
    for (int minute = 0; minute < 20; ++minute) {
      core().now_us += kMinuteUs;
      loop();
      loop();
    }
  });
  const size_t off = place_of(calls, "radio off");
  const size_t restart = place_of(calls, "restart");
  CHECK(off < restart);
  CHECK(restart < calls.size());
  CHECK(place_of(calls, "announce relay-4f2a91") < off);
}
