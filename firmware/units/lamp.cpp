#include "units/lamp.h"

#include "core/value.h"

namespace signalbox {
namespace {

constexpr uint32_t kStepMs = 20;         // of the light itself: no visible jumps
constexpr uint32_t kReportStepMs = 100;  // at most 10 reports of a fade in a second

constexpr ValueSpec kSwitch SIGNALBOX_FLASH = boolean_value();
constexpr ValueSpec kRgb SIGNALBOX_FLASH = color_value();
constexpr ValueSpec kPercent SIGNALBOX_FLASH =
    integer_value().in("%").range(0, 100).by(1);
constexpr uint8_t kAccess = kReadable | kWritable | kObservable | kIdempotent;

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    property(Lamp::kOn, "on", "On", "light.switch", kSwitch, kAccess),
    property(Lamp::kColor, "color", "Colour", "light.color", kRgb, kAccess),
    property(Lamp::kBrightness, "brightness", "Brightness", "light.brightness", kPercent,
             kAccess),
};

int32_t channel(uint32_t color, unsigned shift) {
  return static_cast<int32_t>(color >> shift & 0xFF);
}

}  // namespace

Lamp::Lamp(LampPort& port, const LampState& initial)
    : port_(port),
      on_(initial.on),
      red_(channel(initial.color, 16)),
      green_(channel(initial.color, 8)),
      blue_(channel(initial.color, 0)),
      brightness_(initial.brightness),
      shown_(initial),
      reported_(initial),
      settled_(initial) {}

AffordanceSpecs Lamp::affordances() const { return kAffordances; }

Status Lamp::read(uint8_t pid, uint64_t now_ms, Value& out) {
  const LampState state = state_at(now_ms);
  switch (pid) {
    case kOn:
      set_boolean(out, state.on);
      return Status::kOk;
    case kColor:
      set_color(out, state.color);
      return Status::kOk;
    default:
      set_integer(out, state.brightness);
      return Status::kOk;
  }
}

Status Lamp::write(const WriteCall& call, Value&) {
  const uint32_t fade_ms = call.transition_ms;
  switch (call.pid) {
    case kOn:
      on_ = call.value.kind.boolean;
      break;
    case kColor:
      red_.start(channel(call.value.kind.color, 16), fade_ms, call.now_ms);
      green_.start(channel(call.value.kind.color, 8), fade_ms, call.now_ms);
      blue_.start(channel(call.value.kind.color, 0), fade_ms, call.now_ms);
      break;
    default:
      brightness_.start(static_cast<int32_t>(call.value.kind.integer), fade_ms,
                        call.now_ms);
      break;
  }
  // A jump shows before the answer leaves, not at the next poll.
  (void)poll(call.now_ms);
  return Status::kOk;
}

uint32_t Lamp::poll(uint64_t now_ms) {
  const LampState state = state_at(now_ms);
  if (!started_ || !(state == shown_)) port_.show(state);
  started_ = true;
  shown_ = state;
  const bool fading = is_fading(now_ms);
  report_changes(now_ms, fading);
  if (!fading && !(state == settled_)) {
    settled_ = state;
    port_.settled(state);
  }
  return fading ? kStepMs : kIdle;
}

LampState Lamp::state_at(uint64_t now_ms) const {
  LampState state;
  state.on = on_;
  state.color = static_cast<uint32_t>(red_.value(now_ms)) << 16 |
                static_cast<uint32_t>(green_.value(now_ms)) << 8 |
                static_cast<uint32_t>(blue_.value(now_ms));
  state.brightness = brightness_.value(now_ms);
  return state;
}

bool Lamp::is_fading(uint64_t now_ms) const {
  return red_.is_running(now_ms) || green_.is_running(now_ms) ||
         blue_.is_running(now_ms) || brightness_.is_running(now_ms);
}

void Lamp::report_changes(uint64_t now_ms, bool fading) {
  if (fading && now_ms - reported_ms_ < kReportStepMs) return;
  if (shown_ == reported_) return;
  if (shown_.on != reported_.on) notifier().property_changed(kOn);
  if (shown_.color != reported_.color) notifier().property_changed(kColor);
  if (shown_.brightness != reported_.brightness) notifier().property_changed(kBrightness);
  reported_ = shown_;
  reported_ms_ = now_ms;
}

}  // namespace signalbox
