// The chip's radio as a station.
#pragma once

#include "core/settings.h"
#include "core/wifi_port.h"

namespace signalbox::esp8266 {

class Radio final : public WifiPort {
 public:
  // Once, before anything else. What the router calls the unit where its settings have no
  // name for it; the text outlives the radio.
  void begin(const char* host_name);

  void join(const Settings& settings) override;
  WifiState state() override;
  void address(uint8_t (&into)[4]) override;

  // Another place in the network that was asked for. For another MAC address the radio is
  // restarted, since it takes one only while it is not connected.
  bool use(const NetworkChoice& choice);
  const NetworkChoice& in_use() const { return wanted_.network; }

  // Asks for the network again. False when the radio does not take its addresses.
  bool rejoin();
  // Turns the radio off and on before that. The Arduino core waits for that, up to a
  // second, with the watchdog fed: nobody is connected then.
  bool restart();

 private:
  void turn_on();
  bool read_mac();
  bool apply_addresses();

  const char* host_name_ = "";
  MacAddress own_mac_;
  Settings wanted_;  // of the network last asked for
};

}  // namespace signalbox::esp8266
