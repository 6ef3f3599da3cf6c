// Digital pins and the analog input.
#pragma once

#include "core/capability.h"

namespace signalbox {

class PinPort {
 public:
  // Level of the pin, 0 or 1; leaves its mode alone.
  virtual int32_t read_level(int32_t pin) = 0;
  // Makes the pin an output and sets its level, 0 or 1.
  virtual void write_level(int32_t pin, int32_t level) = 0;
  // 0 to 1023.
  virtual int32_t read_analog() = 0;

 protected:
  ~PinPort() = default;
};

class Pins final : public Capability {
 public:
  static constexpr uint8_t kGpioRead = 40;
  static constexpr uint8_t kGpioWrite = 41;
  static constexpr uint8_t kAnalogRead = 42;

  // The unit drives the pins of `own_pins_mask` (bit n: pin n) itself: they may be read,
  // and a write to them is denied.
  Pins(PinPort& port, uint32_t own_pins_mask)
      : port_(port), own_pins_mask_(own_pins_mask) {}

  AffordanceSpecs affordances() const override;
  Status invoke(const InvokeCall& call, Value* outputs) override;
  bool holds_output() const override { return high_pins_mask_ != 0; }

 private:
  PinPort& port_;
  uint32_t own_pins_mask_;
  uint32_t high_pins_mask_ = 0;  // those that were set so here
};

}  // namespace signalbox
