#include "esp8266/radio.h"

#include <Arduino.h>
#include <ESP8266WiFi.h>
#include <string.h>

namespace signalbox::esp8266 {

void Radio::begin() {
  WiFi.persistent(false);  // the settings are kept by us, and once
  WiFi.mode(WIFI_STA);
  WiFi.setSleepMode(WIFI_NONE_SLEEP);  // asleep, the radio answers 100 ms late
  WiFi.setAutoReconnect(true);
}

void Radio::join(const char* name, const char* password) {
  Settings wanted;
  strncpy(wanted.wifi_name, name, kMostWifiNameBytes);
  strncpy(wanted.wifi_password, password, kMostWifiPasswordBytes);
  wanted_ = wanted;
  rejoin();
}

WifiState Radio::state() {
  if (!wanted_.has_wifi()) return WifiState::kNoNetwork;
  switch (WiFi.status()) {
    case WL_CONNECTED:
      return WifiState::kConnected;
    case WL_WRONG_PASSWORD:
      return WifiState::kRefused;
    default:
      // No such network, or a failure: it may be there at the next try.
      return WifiState::kConnecting;
  }
}

void Radio::address(uint8_t (&into)[4]) {
  const IPAddress address = WiFi.localIP();
  for (int i = 0; i < 4; ++i) into[i] = address[i];
}

void Radio::rejoin() {
  // Leaves first, so that the state is not that of the network from before.
  WiFi.disconnect(false);
  if (wanted_.has_wifi()) WiFi.begin(wanted_.wifi_name, wanted_.wifi_password);
}

void Radio::restart() {
  WiFi.mode(WIFI_OFF);
  begin();
  rejoin();
}

}  // namespace signalbox::esp8266
