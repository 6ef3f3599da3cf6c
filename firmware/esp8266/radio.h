// The chip's radio as a station.
#pragma once

#include "core/settings.h"
#include "core/wifi_port.h"

namespace signalbox::esp8266 {

class Radio final : public WifiPort {
 public:
  // Once, before anything else.
  void begin();

  void join(const char* name, const char* password) override;
  WifiState state() override;
  void address(uint8_t (&into)[4]) override;

  // Asks for the network again.
  void rejoin();
  // Turns the radio off and on before that. The Arduino core waits for that, up to a
  // second, with the watchdog fed: nobody is connected then.
  void restart();

 private:
  Settings wanted_;  // the texts of the network last asked for
};

}  // namespace signalbox::esp8266
