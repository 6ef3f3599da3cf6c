// A 1-Wire line on GPIO 4 (D2), with a pull-up of 4.7 kOhm to 3.3 V.
#pragma once

#include "units/drivers/one_wire.h"

namespace signalbox::esp8266 {

class OneWirePin final : public OneWirePort {
 public:
  // To be called once, at setup.
  void begin();

  void drive_low() override;
  void release() override;
  bool is_high() override;
  void wait_us(uint32_t us) override;
  void begin_exact() override;
  void end_exact() override;
};

}  // namespace signalbox::esp8266
