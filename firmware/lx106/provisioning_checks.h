// The conversation of protocol/vectors/provisioning.json with a unit that runs as machine
// code of the chip, and what its flash holds afterwards.
#pragma once

#include "core/provisioner.h"
#include "lx106/checks.h"
#include "lx106/stack_gauge.h"
#include "lx106/vector_tables.h"
#include "tests/fake_flash.h"

namespace signalbox::lx106 {

// A line with some input; stores what the unit answers.
struct SpokenLine final : SerialPort {
  size_t write(const uint8_t* data, size_t size) override {
    const size_t room = sizeof heard - heard_bytes;
    const size_t chunk = size < room ? size : room;
    memcpy(heard + heard_bytes, data, chunk);
    heard_bytes += chunk;
    return chunk;
  }
  size_t read(uint8_t* into, size_t capacity) override {
    if (left.size == 0 || capacity == 0) return 0;
    *into = *left.data++;
    --left.size;
    return 1;
  }
  Bytes left = {nullptr, 0};
  uint8_t heard[512];
  size_t heard_bytes = 0;
};

// Accepts everybody.
struct OpenWifi final : WifiPort {
  void join(const Settings& settings) override { is_in = settings.has_wifi(); }
  WifiState state() override {
    return is_in ? WifiState::kConnected : WifiState::kNoNetwork;
  }
  void address(uint8_t (&into)[4]) override {
    const uint8_t address[] = {192, 0, 2, 7};
    memcpy(into, address, sizeof into);
  }
  bool is_in = false;
};

template <size_t N>
void check_provisioning(Checks& checks, const SerialTurn (&turns)[N]) {
  static test::FakeFlash flash;
  static SettingsStore store(flash);
  static SpokenLine line;
  static OpenWifi wifi;
  const ProvisioningFacts facts = {"lamp-4f2a91", "rgb-lamp", "0.1.0", "ESP8266",
                                   8888,          true,       true};
  static Provisioner provisioner(facts, {line, wifi, store});
  store.load();
  static uint64_t now_ms = 0;
  static size_t deepest = 0;
  for (const SerialTurn& turn : turns) {
    line.left = turn.says;
    line.heard_bytes = 0;
    const size_t used = StackGauge::measure([] {
      for (int i = 0; i < 20; ++i) (void)provisioner.poll(++now_ms);
    });
    if (used > deepest) deepest = used;
    const bool is_right = line.heard_bytes == turn.hears.size &&
                          memcmp(line.heard, turn.hears.data, turn.hears.size) == 0;
    checks.check(is_right, "hears what the vector says", turn.name);
  }
  checks.check(provisioner.wants_restart(), "wants to restart with the key",
               "provisioning");
  checks.loop_stack("provisioning", deepest);
  static SettingsStore again(flash);
  again.load();
  checks.check(again.settings().has_key && again.settings().has_wifi(),
               "key and network are in the flash", "provisioning");
}

}  // namespace signalbox::lx106
