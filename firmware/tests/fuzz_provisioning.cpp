// libFuzzer target: bytes on the serial line of a unit that is being provisioned. The
// first byte says how: whether it has a key, how slowly its answers leave, and how the
// network behaves. Whatever comes, what the flash holds afterwards is a whole record, and
// the place in a network is that of the network beside it.
#include "tests/fake_provisioning.h"

using namespace signalbox;
using namespace signalbox::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const uint8_t way = data[0];
  const bool has_key = (way & 1) != 0;
  const bool is_open = !has_key || (way & 2) != 0;
  ProvisioningFixture fixture((way & 2) != 0);
  const NetworkChoice choice = {{0xC0000209, 0xFFFFFF00, 0xC0000201}, {{0x02, 0xAA}}};
  if (has_key) {
    Settings settings;
    settings.network = choice;
    settings.has_key = true;
    memset(settings.key, 0x5A, sizeof settings.key);
    if (!fixture.store.save(settings)) __builtin_trap();
  }
  for (size_t at = 1; at < size; ++at) {
    fixture.serial.received.push_back(data[at]);
    fixture.serial.room = (way & 4) != 0 ? at % 3 : SIZE_MAX;
    if ((way & 8) != 0 && at % 64 == 0) fixture.wifi.now = WifiState::kConnected;
    if ((way & 16) != 0 && at % 64 == 32) fixture.wifi.now = WifiState::kRefused;
    (void)fixture.provisioner.poll(fixture.now_ms += 3);
  }
  fixture.serial.room = SIZE_MAX;
  fixture.settle();
  // Outside of its time nobody is heard.
  if (!is_open &&
      (!fixture.serial.sent.empty() || fixture.store.settings().key[0] != 0x5A)) {
    __builtin_trap();
  }
  // Never the key, whoever asks.
  if (has_key && !fixture.provisioner.wants_restart()) {
    size_t run = 0;
    for (const uint8_t byte : fixture.serial.sent) {
      run = byte == 0x5A ? run + 1 : 0;
      if (run >= 8) __builtin_trap();
    }
  }
  SettingsStore again(fixture.flash);
  again.load();
  const Settings& kept = again.settings();
  if (kept.has_key != fixture.store.settings().has_key) __builtin_trap();
  const bool is_moved = kept.has_wifi() || !has_key;
  if (!(kept.network == (is_moved ? NetworkChoice() : choice))) __builtin_trap();
  if (memcmp(kept.key, fixture.store.settings().key, sizeof kept.key) != 0)
    __builtin_trap();
  return 0;
}
