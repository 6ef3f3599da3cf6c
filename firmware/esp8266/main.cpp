// The unit on an ESP8266 board: Wi-Fi, a listening socket, and the portable core.
#include <Arduino.h>
#include <ESP8266WiFi.h>
#include <stdio.h>

#include "core/firmware_version.h"
#include "esp8266/board.h"
#include "esp8266/board_unit.h"
#include "esp8266/wifi_link.h"

#if !defined(SIGNALBOX_WIFI_NAME) && __has_include("esp8266/wifi_settings.h")
#include "esp8266/wifi_settings.h"
#endif
#if !defined(SIGNALBOX_WIFI_NAME) || !defined(SIGNALBOX_WIFI_PASSWORD)
#error "Wi-Fi name and password are missing: write esp8266/wifi_settings.h (README.md)"
#endif

#if !defined(SIGNALBOX_UNIT_KEY) && !defined(SIGNALBOX_UNIT_PLAIN)
#error "The unit's key is missing: define SIGNALBOX_UNIT_KEY (README.md)"
#endif

namespace {

using namespace signalbox;
using namespace signalbox::esp8266;

constexpr uint16_t kPort = 8888;  // docs/unit-link.md section 1.1
constexpr int kLinks = 3;         // the session holds two; the third is refused

WifiNetwork network;
ChipMemory memory;
ChipPins pins;
ChipUart uart;
WiFiServer server(kPort);
WifiLink links[kLinks];

const char* hardware_id() {
  static char id[16];
  snprintf(id, sizeof id, kIdPattern, static_cast<unsigned>(ESP.getChipId()));
  return id;
}

#if defined(SIGNALBOX_UNIT_KEY)
constexpr char kKeyText[] = SIGNALBOX_UNIT_KEY;
static_assert(sizeof kKeyText == 45, "a key is 44 characters of base64");

ChipSecurity security;
uint8_t key[kKeyBytes];

// A text that is no key leaves zeros, which a unit must not take for one.
LinkProtection protection() {
  while (!parse_link_key(kKeyText, sizeof kKeyText - 1, key)) {
    Serial.println("SIGNALBOX_UNIT_KEY is no key");
    delay(10000);
  }
  return LinkProtection::encrypted(key, security);
}
#else
LinkProtection protection() { return LinkProtection::plain(); }
#endif

// The one unit, made at the first call: the chip's random numbers need the radio on.
Unit& unit() {
  static const UnitIdentity identity = {hardware_id(),    CoreUnit::kModel,
                                        kFirmwareVersion, ESP.random(),
                                        reset_reason(),   CoreUnit::kPolicy};
  static const BoardPorts ports = {network, memory, pins, uart};
  static BoardUnit board_unit(identity, ports, protection());
  return board_unit.core.unit;
}

// micros64, for millis starts over after 49 days.
uint64_t uptime_ms() { return micros64() / 1000; }

void accept_waiting() {
  for (WifiLink& link : links) {
    if (!link.is_free()) continue;
    WiFiClient client = server.accept();
    if (!client) return;
    link.open(client);
    unit().accept(link, uptime_ms());
  }
}

}  // namespace

void setup() {
  Serial.begin(ChipUart::kBaud);
  WiFi.persistent(false);  // no wear of the flash by a name that is compiled in
  WiFi.mode(WIFI_STA);
  WiFi.setSleepMode(WIFI_NONE_SLEEP);  // asleep, the radio answers 100 ms late
  WiFi.setAutoReconnect(true);
  WiFi.begin(SIGNALBOX_WIFI_NAME, SIGNALBOX_WIFI_PASSWORD);
  (void)unit();
  server.begin();
  server.setNoDelay(true);
}

void loop() {
  accept_waiting();
  (void)unit().poll(uptime_ms());
  // The answer and the goodbye have left.
  if (unit().ready_to_restart()) ESP.restart();
}
