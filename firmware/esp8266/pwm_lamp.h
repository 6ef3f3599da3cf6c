// An RGB light on three pins with pulse-width modulation.
#pragma once

#include "units/lamp.h"

namespace signalbox::esp8266 {

class PwmLamp final : public LampPort {
 public:
  // To be called once, at setup.
  void begin();

  void show(const LampState& state) override;
  void settled(const LampState&) override {}
  bool keeps_state() const override { return false; }
};

}  // namespace signalbox::esp8266
