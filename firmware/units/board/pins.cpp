#include "units/board/pins.h"

#include "core/value.h"

namespace signalbox {
namespace {

// The pins that are free on NodeMCU and D1 mini: not flash, not UART, not boot straps.
constexpr int32_t kFreePins[] = {4, 5, 12, 13, 14};

constexpr ValueSpec kPin = integer_value("pin").only(kFreePins);
constexpr ValueSpec kLevel = integer_value("level").range(0, 1).by(1);
constexpr ValueSpec kPinAndLevel[] = {kPin, kLevel};
constexpr ValueSpec kAnalog = integer_value("value").range(0, 1023).by(1);

constexpr AffordanceSpec kAffordances[] = {
    action(Pins::kGpioRead, "gpioRead", "Read pin", "board.gpioRead", kPin, kLevel,
           kIdempotent),
    action(Pins::kGpioWrite, "gpioWrite", "Set pin", "board.gpioWrite", kPinAndLevel,
           kLevel, kIdempotent),
    action(Pins::kAnalogRead, "analogRead", "Read analog input", "board.analogRead", {},
           kAnalog, kIdempotent),
};

}  // namespace

AffordanceSpecs Pins::affordances() const { return kAffordances; }

Status Pins::invoke(const InvokeCall& call, Value* outputs) {
  if (call.pid == kAnalogRead) {
    set_integer(outputs[0], port_.read_analog());
    return Status::kOk;
  }
  const int32_t pin = static_cast<int32_t>(call.arguments[0].kind.integer);
  if (call.pid == kGpioWrite) {
    if ((own_pins_mask_ >> pin & 1) != 0) return Status::kDenied;
    const int32_t level = static_cast<int32_t>(call.arguments[1].kind.integer);
    port_.write_level(pin, level);
    high_pins_mask_ &= ~(1u << pin);
    if (level != 0) high_pins_mask_ |= 1u << pin;
  }
  set_integer(outputs[0], port_.read_level(pin));
  return Status::kOk;
}

}  // namespace signalbox
