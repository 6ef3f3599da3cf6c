// The unit on an ESP8266 board: settings, Wi-Fi, a listening socket, and the portable
// core. Nothing in the loop waits, but for the radio when it is restarted.
#include <Arduino.h>
#include <ESP8266WiFi.h>
#include <stdio.h>

#include "core/firmware_version.h"
#include "core/heap_guard.h"
#include "core/provisioner.h"
#include "core/recovery_ladder.h"
#include "esp8266/announcer.h"
#include "esp8266/board.h"
#include "esp8266/board_unit.h"
#include "esp8266/board_updates.h"
#include "esp8266/flash_sectors.h"
#include "esp8266/radio.h"
#include "esp8266/rtc_fallback.h"
#include "esp8266/wifi_link.h"

namespace {

using namespace signalbox;
using namespace signalbox::esp8266;

constexpr uint16_t kPort = 8888;  // docs/unit-link.md section 1.1
constexpr int kLinks = 3;         // the session holds two; the third is refused

// Without a key: whoever builds an unencrypted unit must say so explicitly.
#if defined(SIGNALBOX_UNIT_PLAIN)
constexpr bool kMayBePlain = true;
#else
constexpr bool kMayBePlain = false;
#endif

constexpr RecoveryRules recovery_rules() {
  RecoveryRules rules;
#if defined(SIGNALBOX_RECOVERY_SUSPECT_RADIO_MS)
  rules.suspect_radio_ms = SIGNALBOX_RECOVERY_SUSPECT_RADIO_MS;
#endif
#if defined(SIGNALBOX_RECOVERY_REBOOT_MS)
  rules.reboot_ms = SIGNALBOX_RECOVERY_REBOOT_MS;
#endif
#if defined(SIGNALBOX_RECOVERY_REBOOT_WITH_SAMPLES_MS)
  rules.reboot_with_samples_ms = SIGNALBOX_RECOVERY_REBOOT_WITH_SAMPLES_MS;
#endif
  return rules;
}
constexpr RecoveryRules kRecoveryRules = recovery_rules();

FlashSectors flash;
SettingsStore store(flash);
Radio radio;
WifiNetwork network(radio);
ChipMemory memory;
ChipPins pins;
ChipUart uart;
ChipSecurity security;
RecoveryLadder ladder(kRecoveryRules);
Announcer announcer;
BoardUpdates updates;
WiFiServer server(kPort);
WifiLink links[kLinks];
bool is_serving = false;

const char* hardware_id() {
  static char id[16];
  snprintf(id, sizeof id, kIdPattern, static_cast<unsigned>(ESP.getChipId()));
  return id;
}

bool has_crashed() {
  const ResetReason reason = reset_reason();
  return reason == ResetReason::kWatchdog || reason == ResetReason::kException;
}

bool booted_by_hand() {
  const ResetReason reason = reset_reason();
  return reason == ResetReason::kPowerOn || reason == ResetReason::kExternal;
}

Provisioner& provisioner() {
  static const ProvisioningFacts facts = {
      hardware_id(), CoreUnit::kModel, kFirmwareVersion, "ESP8266",
      kPort,         booted_by_hand(), !kMayBePlain};
  static Provisioner the_one(facts, {uart.line(), radio, store});
  return the_one;
}

LinkProtection protection() {
  const Settings& settings = store.settings();
  return settings.has_key ? LinkProtection::encrypted(settings.key, security)
                          : LinkProtection::plain();
}

// The one unit, created at the first call: after the settings are read, and with the
// radio on, which feeds the chip's random numbers.
CoreUnit& core() {
  static const UnitIdentity identity = {
      hardware_id(),  CoreUnit::kModel,  kFirmwareVersion,      ESP.random(),
      reset_reason(), CoreUnit::kPolicy, updates.is_safe_mode()};
  static const BoardPorts ports = {network, memory, pins, uart, store};
  static BoardUnit the_one(identity, ports, protection());
  static const bool is_updatable = updates.serve(the_one.core.unit, identity);
  (void)is_updatable;
  the_one.core.board.restart.allow_forgetting();
  return the_one.core;
}

// micros64, for millis starts over after 49 days.
uint64_t uptime_ms() { return micros64() / 1000; }

bool has_wifi() { return radio.state() == WifiState::kConnected; }

void accept_waiting() {
  const HeapVerdict verdict = assess_heap(ESP.getFreeHeap());
  if (verdict == HeapVerdict::kCloseAll) core().unit.shut_down();
  for (WifiLink& link : links) {
    if (!link.is_free()) continue;
    WiFiClient client = server.accept();
    if (!client) return;
    if (verdict != HeapVerdict::kEnough) {
      client.abort();  // at once, for a closing that waits holds memory
      return;
    }
    link.open(client);
    core().unit.accept(link, uptime_ms());
  }
}

void serve() {
  accept_waiting();
  (void)core().unit.poll(uptime_ms());
  store.keep_utc_offset(core().board.clock.utc_offset_minutes());
  const Settings& settings = store.settings();
  const char* const host_name =
      settings.host_name[0] != 0 ? settings.host_name : hardware_id();
  announcer.poll({host_name, hardware_id(), CoreUnit::kModel, kPort, settings.has_key},
                 has_wifi());
}

// A unit that was not provisioned is unreachable by design: no recovery.
void recover() {
  if (!is_serving || !store.settings().has_wifi() || provisioner().is_trying()) return;
  const RecoverySigns signs = {has_wifi(), core().unit.has_peer(),
                               core().unit.holds_output(), !radio.in_use().is_default(),
                               core().unit.keeps_samples()};
  switch (ladder.poll(signs, uptime_ms())) {
    case RecoveryStep::kNone:
      return;
    case RecoveryStep::kRejoin:
      (void)radio.rejoin();
      return;
    case RecoveryStep::kRestartRadio:
      (void)radio.restart();
      return;
    case RecoveryStep::kRebootByDefault:
      request_fallback();
      [[fallthrough]];
    case RecoveryStep::kReboot:
      core().unit.shut_down();
      ESP.restart();
  }
}

}  // namespace

void setup() {
  // Before everything else: the radio alone takes up to a second to turn on.
  BoardUnit::apply_safe_state();
  Serial.begin(ChipUart::kBaud);
  radio.begin(hardware_id());
  store.load();
  // Only an encrypted link brings firmware, so only with a key there is a way out of safe
  // mode.
  if (store.settings().has_key) updates.start(has_crashed());
  (void)core();
  Settings settings = store.settings();
  if (consume_fallback()) settings.network = NetworkChoice();
  if (settings.has_wifi()) radio.join(settings);
  core().board.clock.set_utc_offset(settings.utc_offset_minutes);
  // A unit without a key is on its serial line and nowhere else.
  is_serving = settings.has_key || kMayBePlain;
  if (!is_serving) return;
  server.begin();
  server.setNoDelay(true);
}

void loop() {
  (void)provisioner().poll(uptime_ms());
  uart.lend(provisioner().is_open(uptime_ms()));
  if (provisioner().is_trying()) core().board.network_change.give_way();
  if (is_serving) serve();
  recover();
  // The answer has been sent: the new key counts from the next boot on.
  const bool has_new_key = provisioner().wants_restart() && uart.is_flushed();
  if (has_new_key) core().unit.shut_down();
  if (has_new_key || core().unit.ready_to_restart()) {
    updates.leave_in_good_order();
    if (core().board.restart.forgets()) (void)store.forget();
    ESP.restart();
  }
}
