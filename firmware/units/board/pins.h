// Digital pins and the analog input.
#pragma once

#include "core/capability.h"

namespace signalbox {

class PinPort {
 public:
  // Level of the pin, 0 or 1; does not change its mode.
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
  static constexpr uint8_t kGpioPulse = 52;
  static constexpr uint8_t kGpioPulsed = 53;

  static constexpr size_t kFreeCount = 5;  // pins that may be used
  // Held by the unit, whatever becomes of the base meanwhile.
  static constexpr uint32_t kMaxPulseMs = 60000;

  // The unit drives the pins of `own_pins_mask` (bit n: pin n) itself: they may be read,
  // but not written.
  Pins(PinPort& port, uint32_t own_pins_mask)
      : port_(port), own_pins_mask_(own_pins_mask) {}

  AffordanceSpecs affordances() const override;
  Status invoke(const InvokeCall& call, Value* outputs) override;
  uint32_t poll(uint64_t now_ms) override;
  bool holds_output() const override { return (high_pins_mask_ | pulsed_mask_) != 0; }

 private:
  Status pulse(int32_t pin, int32_t level, uint64_t ends_ms);
  void drive(int32_t pin, int32_t level);
  void notify_end(int32_t pin, uint64_t now_ms);

  PinPort& port_;
  uint32_t own_pins_mask_;
  // Of the pins that were written here: the outputs, those that are high, and those
  // with a pulse.
  uint32_t output_mask_ = 0;
  uint32_t high_pins_mask_ = 0;
  uint32_t pulsed_mask_ = 0;
  uint64_t pulse_ends_ms_[kFreeCount] = {};  // of the free pins, in their order
};

}  // namespace signalbox
