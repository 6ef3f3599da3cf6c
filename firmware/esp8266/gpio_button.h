// A button from one pin to ground, with the chip's own pull-up.
#pragma once

#include "units/button.h"

namespace signalbox::esp8266 {

class GpioButton final : public ButtonPort {
 public:
  // To be called once, at setup.
  void begin();

  bool is_pressed(uint64_t now_ms) override;
  // The board's loop runs all the time; this is only for a shell that sleeps.
  uint32_t next_look_ms(uint64_t) override { return 5; }
};

}  // namespace signalbox::esp8266
