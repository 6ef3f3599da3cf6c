#include "esp8266/radio.h"

#include <Arduino.h>
#include <ESP8266WiFi.h>
#include <string.h>

extern "C" {
#include <user_interface.h>
}

namespace signalbox::esp8266 {
namespace {

IPAddress to_address(uint32_t from) {
  return IPAddress(static_cast<uint8_t>(from >> 24), static_cast<uint8_t>(from >> 16),
                   static_cast<uint8_t>(from >> 8), static_cast<uint8_t>(from));
}

}  // namespace

void Radio::begin(const char* host_name) {
  host_name_ = host_name;
  turn_on();
  // Each boot begins with the chip's own.
  WiFi.macAddress(own_mac_.bytes);
}

void Radio::turn_on() {
  WiFi.persistent(false);  // the settings are kept by us, and once
  WiFi.mode(WIFI_STA);
  WiFi.setSleepMode(WIFI_NONE_SLEEP);  // asleep, the radio answers 100 ms late
  WiFi.setAutoReconnect(true);
}

void Radio::join(const Settings& settings) {
  wanted_ = settings;
  (void)rejoin();
}

WifiState Radio::state() {
  if (!wanted_.has_wifi()) return WifiState::kNoNetwork;
  switch (WiFi.status()) {
    case WL_CONNECTED:
      return WifiState::kConnected;
    case WL_WRONG_PASSWORD:
      return WifiState::kRefused;
    default:
      // No such network, or a failure: the next try may succeed.
      return WifiState::kConnecting;
  }
}

void Radio::address(uint8_t (&into)[4]) {
  const IPAddress address = WiFi.localIP();
  for (int i = 0; i < 4; ++i) into[i] = address[i];
}

bool Radio::use(const NetworkChoice& choice) {
  const bool has_other_mac = !(choice.mac == wanted_.network.mac);
  wanted_.network = choice;
  return has_other_mac ? restart() : apply_addresses();
}

bool Radio::rejoin() {
  // Disconnects first, so that the state is not that of the previous network.
  WiFi.disconnect(false);
  const bool is_placed = read_mac() && apply_addresses();
  // Before it joins, since DHCP sends it.
  WiFi.hostname(wanted_.host_name[0] != 0 ? wanted_.host_name : host_name_);
  if (wanted_.has_wifi()) WiFi.begin(wanted_.wifi_name, wanted_.wifi_password);
  return is_placed;
}

bool Radio::restart() {
  WiFi.mode(WIFI_OFF);
  turn_on();
  return rejoin();
}

bool Radio::read_mac() {
  MacAddress wanted = wanted_.network.mac.is_own() ? own_mac_ : wanted_.network.mac;
  MacAddress now;
  WiFi.macAddress(now.bytes);
  return now == wanted || wifi_set_macaddr(STATION_IF, wanted.bytes);
}

bool Radio::apply_addresses() {
  const NetworkAddresses& addresses = wanted_.network.addresses;
  // Zeros give it back to DHCP.
  return WiFi.config(to_address(addresses.ip), to_address(addresses.gateway),
                     to_address(addresses.netmask));
}

}  // namespace signalbox::esp8266
