#include "units/relay.h"

#include "core/value.h"

namespace signalbox {
namespace {

// How soon it is noticed that the base is there or not.
constexpr uint32_t kLookMs = 100;

constexpr uint32_t kShortestPulseMs = 20;  // what a relay's armature needs to move
constexpr uint32_t kMaxPulseMs = 600000;

constexpr ValueSpec kSwitch SIGNALBOX_FLASH = boolean_value();
constexpr ValueSpec kCauseText SIGNALBOX_FLASH = string_value(16);
constexpr ValueSpec kSettingTime SIGNALBOX_FLASH =
    integer_value().in("ms").range(0, Relay::kMaxSettingMs);
constexpr ValueSpec kPulseTime SIGNALBOX_FLASH =
    integer_value("duration").in("ms").range(kShortestPulseMs, kMaxPulseMs);

constexpr uint8_t kAccess = kReadable | kWritable | kObservable | kIdempotent;

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    property(Relay::kOn, "on", "On", "switch", kSwitch, kAccess),
    // Not idempotent: the second pulse restarts the time.
    action(Relay::kPulse, "pulse", "Pulse", "switch.pulse", kPulseTime, {}, 0),
    property(Relay::kChangedBy, "changedBy", "Last switched by", "switch.cause",
             kCauseText, kReadable | kObservable),
    property(Relay::kFailSafe, "failSafe", "Safe state is on", "diagnostic.failSafe",
             kSwitch, kReadable),
    property(Relay::kBaseLostAfter, "baseLostAfter", "Safe without base after",
             "diagnostic.baseLostAfter", kSettingTime, kReadable),
    property(Relay::kMaxOn, "maxOnTime", "Longest time on", "diagnostic.maxOnTime",
             kSettingTime, kReadable),
};

}  // namespace

Relay::Relay(RelayPort& port, const RelaySettings& settings)
    : port_(port), settings_(settings), on_(settings.fail_safe_on) {}

void Relay::begin() { port_.set(on_); }

AffordanceSpecs Relay::affordances() const { return kAffordances; }

Status Relay::read(uint8_t pid, uint64_t, Value& out) {
  switch (pid) {
    case kOn:
      set_boolean(out, on_);
      return Status::kOk;
    case kChangedBy:
      set_text(out, name_of(cause_));
      return Status::kOk;
    case kFailSafe:
      set_boolean(out, settings_.fail_safe_on);
      return Status::kOk;
    case kBaseLostAfter:
      set_integer(out, settings_.base_lost_after_ms);
      return Status::kOk;
    default:
      set_integer(out, settings_.max_on_ms);
      return Status::kOk;
  }
}

Status Relay::write(const WriteCall& call, Value&) {
  pulse_ends_ms_ = 0;
  switch_to(call.value.kind.boolean, Cause::kCommand, call.now_ms);
  return Status::kOk;
}

Status Relay::invoke(const InvokeCall& call, Value*) {
  switch_to(true, Cause::kCommand, call.now_ms);
  pulse_ends_ms_ = call.now_ms + static_cast<uint64_t>(call.arguments[0].kind.integer);
  return Status::kAccepted;
}

uint32_t Relay::poll(uint64_t now_ms) {
  watch_base(now_ms);
  end_on_time(now_ms);
  const bool waits_for_loss = settings_.base_lost_after_ms != 0 && !lost_handled_;
  const uint32_t next = waits_for_loss ? kLookMs : kIdle;
  if (!on_ || limit_ms() == 0) return next;
  const uint64_t left = limit_ms() - now_ms;
  return left < next ? static_cast<uint32_t>(left) : next;
}

const char* Relay::name_of(Cause cause) {
  switch (cause) {
    case Cause::kBoot:
      return "boot";
    case Cause::kCommand:
      return "command";
    case Cause::kPulseEnd:
      return "pulse end";
    case Cause::kMaxOnTime:
      return "longest time on";
    case Cause::kBaseLost:
      return "base lost";
  }
  return "";
}

void Relay::switch_to(bool on, Cause cause, uint64_t now_ms) {
  // A repeated "on" is not a new one: repeating a command must not exceed the longest
  // time on.
  if (on && !on_) on_since_ms_ = now_ms;
  if (!on) pulse_ends_ms_ = 0;
  if (on != on_) {
    port_.set(on);
    notifier().property_changed(kOn);
  }
  if (cause != cause_) notifier().property_changed(kChangedBy);
  on_ = on;
  cause_ = cause;
}

void Relay::watch_base(uint64_t now_ms) {
  if (settings_.base_lost_after_ms == 0) return;
  if (notifier().has_listener()) {
    heard_ms_ = now_ms;
    lost_handled_ = false;
    return;
  }
  if (lost_handled_ || now_ms - heard_ms_ < settings_.base_lost_after_ms) return;
  lost_handled_ = true;
  pulse_ends_ms_ = 0;
  if (on_ != settings_.fail_safe_on) {
    switch_to(settings_.fail_safe_on, Cause::kBaseLost, now_ms);
  }
}

void Relay::end_on_time(uint64_t now_ms) {
  if (!on_ || limit_ms() == 0 || now_ms < limit_ms()) return;
  const bool is_pulse = pulse_ends_ms_ != 0 && now_ms >= pulse_ends_ms_;
  switch_to(false, is_pulse ? Cause::kPulseEnd : Cause::kMaxOnTime, now_ms);
}

// The uptime at which it switches off by itself; 0: never.
uint64_t Relay::limit_ms() const {
  const uint64_t most = settings_.max_on_ms == 0 ? 0 : on_since_ms_ + settings_.max_on_ms;
  if (pulse_ends_ms_ == 0) return most;
  return most == 0 || pulse_ends_ms_ < most ? pulse_ends_ms_ : most;
}

}  // namespace signalbox
