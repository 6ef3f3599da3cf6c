// A 1-Wire line on GPIO 4 (D2), with a pull-up of 4.7 kOhm to 3.3 V.
#pragma once

#include "units/drivers/one_wire.h"

namespace signalbox::esp8266 {

class OneWirePin final : public OneWirePort {
 public:
  // To be called once, at setup.
  void begin();

  bool is_high() override;
  bool reset() override;
  void write_bit(bool bit) override;
  bool read_bit() override;
};

}  // namespace signalbox::esp8266
