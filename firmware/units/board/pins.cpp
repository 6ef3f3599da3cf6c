#include "units/board/pins.h"

#include "core/value.h"

namespace signalbox {
namespace {

// The pins that are free on NodeMCU and D1 mini: not flash, not UART, not boot straps.
constexpr int32_t kFreePins[Pins::kFreeCount] = {4, 5, 12, 13, 14};

constexpr ValueSpec kPin SIGNALBOX_FLASH = integer_value("pin").only(kFreePins);
constexpr ValueSpec kEndedPin SIGNALBOX_FLASH = integer_value().only(kFreePins);
constexpr ValueSpec kLevel SIGNALBOX_FLASH = integer_value("level").range(0, 1).by(1);
constexpr ValueSpec kPinAndLevel[] SIGNALBOX_FLASH = {kPin, kLevel};
constexpr ValueSpec kPulse[] SIGNALBOX_FLASH = {
    kPin, kLevel, integer_value("duration").in("ms").range(1, Pins::kMaxPulseMs)};
constexpr ValueSpec kAnalog SIGNALBOX_FLASH = integer_value("value").range(0, 1023).by(1);

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    action(Pins::kGpioRead, "gpioRead", "Read pin", "board.gpioRead", kPin, kLevel,
           kIdempotent),
    action(Pins::kGpioWrite, "gpioWrite", "Set pin", "board.gpioWrite", kPinAndLevel,
           kLevel, kIdempotent),
    action(Pins::kAnalogRead, "analogRead", "Read analog input", "board.analogRead", {},
           kAnalog, kIdempotent),
    // Twice is not once: a door opens again.
    action(Pins::kGpioPulse, "gpioPulse", "Pulse pin", "board.gpioPulse", kPulse, {}, 0),
    event(Pins::kGpioPulsed, "gpioPulsed", "Pulse ended", "board.gpioPulsed", kEndedPin),
};

constexpr uint32_t bit(int32_t pin) { return 1u << pin; }

}  // namespace

AffordanceSpecs Pins::affordances() const { return kAffordances; }

Status Pins::invoke(const InvokeCall& call, Value* outputs) {
  if (call.pid == kAnalogRead) {
    set_integer(outputs[0], port_.read_analog());
    return Status::kOk;
  }
  const int32_t pin = static_cast<int32_t>(call.arguments[0].kind.integer);
  if (call.pid == kGpioRead) {
    set_integer(outputs[0], port_.read_level(pin));
    return Status::kOk;
  }
  if ((own_pins_mask_ & bit(pin)) != 0) return Status::kDenied;
  const int32_t level = static_cast<int32_t>(call.arguments[1].kind.integer);
  if (call.pid == kGpioPulse) {
    const uint64_t duration_ms = static_cast<uint64_t>(call.arguments[2].kind.integer);
    return pulse(pin, level, call.now_ms + duration_ms);
  }
  // Setting the pin now overrides a pulse in progress.
  pulsed_mask_ &= ~bit(pin);
  output_mask_ |= bit(pin);
  drive(pin, level);
  set_integer(outputs[0], port_.read_level(pin));
  return Status::kOk;
}

uint32_t Pins::poll(uint64_t now_ms) {
  uint32_t next = kIdle;
  for (size_t i = 0; i < kFreeCount; ++i) {
    const int32_t pin = kFreePins[i];
    if ((pulsed_mask_ & bit(pin)) == 0) continue;
    if (now_ms >= pulse_ends_ms_[i]) {
      pulsed_mask_ &= ~bit(pin);
      drive(pin, (high_pins_mask_ & bit(pin)) != 0 ? 0 : 1);
      notify_end(pin, now_ms);
      continue;
    }
    const uint32_t left = static_cast<uint32_t>(pulse_ends_ms_[i] - now_ms);
    if (left < next) next = left;
  }
  return next;
}

Status Pins::pulse(int32_t pin, int32_t level, uint64_t ends_ms) {
  // Something outside may drive the pin: so it must have been declared an output, with
  // its resting level.
  if ((output_mask_ & bit(pin)) == 0) return Status::kDenied;
  if ((pulsed_mask_ & bit(pin)) != 0) return Status::kBusy;
  for (size_t i = 0; i < kFreeCount; ++i) {
    if (kFreePins[i] == pin) pulse_ends_ms_[i] = ends_ms;
  }
  pulsed_mask_ |= bit(pin);
  drive(pin, level);
  return Status::kAccepted;
}

void Pins::drive(int32_t pin, int32_t level) {
  port_.write_level(pin, level);
  if (level != 0) {
    high_pins_mask_ |= bit(pin);
  } else {
    high_pins_mask_ &= ~bit(pin);
  }
}

// The pin does not wait for the link: an event that finds no room is lost.
void Pins::notify_end(int32_t pin, uint64_t now_ms) {
  if (notifier().has_listener() && !notifier().can_send_event()) {
    return notifier().lose_event();
  }
  Value ended = {};
  set_integer(ended, pin);
  notifier().emit_event(kGpioPulsed, &ended, now_ms);
}

}  // namespace signalbox
