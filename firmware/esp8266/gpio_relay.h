// A relay on one pin that is on at high level, as the D1 mini's relay shield.
#pragma once

#include "units/relay.h"

namespace signalbox::esp8266 {

class GpioRelay final : public RelayPort {
 public:
  void set(bool on) override;
};

}  // namespace signalbox::esp8266
