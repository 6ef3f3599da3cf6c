// The chip's radio as a station.
#pragma once

#include "core/settings.h"
#include "core/wifi_port.h"

namespace signalbox::esp8266 {

class Radio final : public WifiPort {
 public:
  // Once, before anything else. The name shown in the router, unless the settings have
  // one; the text outlives the radio.
  void begin(const char* host_name);

  void join(const Settings& settings) override;
  WifiState state() override;
  void address(uint8_t (&into)[4]) override;

  // Requested new addresses. For another MAC address the radio is restarted, since it
  // accepts one only while it is not connected.
  bool use(const NetworkChoice& choice);
  const NetworkChoice& in_use() const { return wanted_.network; }

  // Requests the network again. False if the radio does not accept its addresses.
  bool rejoin();
  // Turns the radio off and on first. The Arduino core waits for it, up to a second, with
  // the watchdog fed: nobody is connected then.
  bool restart();

 private:
  void turn_on();
  bool read_mac();
  bool apply_addresses();

  const char* host_name_ = "";
  MacAddress own_mac_;
  Settings wanted_;  // of the network requested last
};

}  // namespace signalbox::esp8266
