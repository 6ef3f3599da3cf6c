// The lamp's core with the smallest board imaginable, linked to measure its size:
// everything of ours that runs on a board but the shell.
#include "core/provisioner.h"
#include "core/recovery_ladder.h"
#include "core/update_receiver.h"
#include "lx106/simulator.h"
#include "tests/fake_board.h"
#include "tests/fake_security.h"
#include "units/lamp_unit.h"

namespace {

using namespace signalbox;

constexpr UnitIdentity kIdentity = {"lamp", LampUnit::kModel,      "0",
                                    1,      ResetReason::kPowerOn, LampUnit::kPolicy};
constexpr ProvisioningFacts kFacts = {
    "lamp", LampUnit::kModel, "0", "ESP8266", 8888, true, true};

struct NoFlash final : FlashPort {
  bool read(size_t, uint8_t*, size_t) override { return false; }
  bool erase(size_t) override { return false; }
  bool write(size_t, const uint8_t*, size_t) override { return false; }
};

struct NoWifi final : WifiPort {
  void join(const Settings&) override {}
  WifiState state() override { return WifiState::kNoNetwork; }
  void address(uint8_t (&)[4]) override {}
};

test::FakeNetwork network;
test::FakeMemory memory;
test::FakePins pins;
test::FakeUart uart;
test::FakeLamp port;
test::FakeSecurity security;
const uint8_t key[kKeyBytes] = {1};
NoFlash flash;
NoWifi wifi;
RecoveryLadder ladder;

// No memory of its own, since a board's is its flash.
struct NoSlot final : UpdatePort, BootPort {
  const char* platform() const override { return "esp8266"; }
  Begun begin(const UpdatePlan&, uint32_t&) override { return Begun::kReady; }
  bool write(uint32_t, const uint8_t*, size_t) override { return true; }
  bool finish() override { return true; }
  bool read(uint32_t, uint8_t*, size_t) override { return true; }
  bool arm() override { return true; }
  void discard() override {}
  void load(BootRecord&) override {}
  bool store(const BootRecord&) override { return true; }
  bool can_roll_back() override { return false; }
  bool roll_back(const BootRecord&) override { return false; }
};

NoSlot slot;
UpdateTrust trust;
BootGuard guard(slot, kIdentity.firmware_version);
UpdateReceiver receiver(kIdentity, trust, slot, guard);

}  // namespace

// Not in the anonymous namespace, so that they stand in the map.
signalbox::SettingsStore settings_store(flash);
signalbox::LampUnit lamp_unit(kIdentity, {network, memory, pins, uart, settings_store},
                              port, {}, LinkProtection::encrypted(key, security));
signalbox::Provisioner provisioner(kFacts, {uart, wifi, settings_store});

int main_program() {
  settings_store.load();
  (void)provisioner.poll(0);
  lamp_unit.unit.take_updates(receiver);
  if (guard.start() != BootGuard::Start::kNormal) return 3;
  const RecoverySigns signs = {false, lamp_unit.unit.has_peer(),
                               lamp_unit.unit.holds_output(),
                               !network.in_use().is_default()};
  if (ladder.poll(signs, 0) != RecoveryStep::kNone) return 2;
  return lamp_unit.unit.poll(0) == 0 ? 1 : 0;
}
