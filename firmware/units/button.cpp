#include "units/button.h"

#include <string.h>

#include "core/value.h"

namespace signalbox {
namespace {

constexpr ValueSpec kSwitch SIGNALBOX_FLASH = boolean_value();

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    property(Button::kPressed, "pressed", "Pressed", "sensor.pressed", kSwitch,
             kReadable | kObservable),
    event(Button::kPress, "press", "Press", "button.press"),
    event(Button::kDoublePress, "doublePress", "Double press", "button.doublePress"),
    event(Button::kLongPress, "longPress", "Long press", "button.longPress"),
};

uint32_t until(uint64_t due_ms, uint64_t now_ms) {
  return due_ms > now_ms ? static_cast<uint32_t>(due_ms - now_ms) : 0;
}

}  // namespace

AffordanceSpecs Button::affordances() const { return kAffordances; }

Status Button::read(uint8_t, uint64_t, Value& out) {
  set_boolean(out, pressed_);
  return Status::kOk;
}

uint32_t Button::poll(uint64_t now_ms) {
  debounce(now_ms);
  if (pressed_ && !is_done_ && now_ms - pressed_ms_ >= kLongMs) {
    is_done_ = true;
    report(kLongPress, pressed_ms_ + kLongMs);
  }
  // A contact that closes just now may yet be the second press.
  if (awaits_second_ && !pressed_ && !switch_ && now_ms - released_ms_ > kDoubleGapMs) {
    awaits_second_ = false;
    report(kPress, released_ms_);
  }
  emit_waiting();
  return due_in(now_ms);
}

void Button::debounce(uint64_t now_ms) {
  const bool contact = port_.is_pressed(now_ms);
  if (contact != switch_) {
    switch_ = contact;
    switch_since_ms_ = now_ms;
  }
  if (switch_ == pressed_ || now_ms - switch_since_ms_ < kDebounceMs) return;
  pressed_ = switch_;
  notifier().property_changed(kPressed);
  // It began when the contact settled, not when that was known.
  if (pressed_) {
    pressed(switch_since_ms_);
  } else {
    released(switch_since_ms_);
  }
}

void Button::pressed(uint64_t at_ms) {
  pressed_ms_ = at_ms;
  is_done_ = false;
  if (!awaits_second_) return;
  awaits_second_ = false;
  if (at_ms - released_ms_ > kDoubleGapMs) return report(kPress, released_ms_);
  is_done_ = true;
  report(kDoublePress, at_ms);
}

void Button::released(uint64_t at_ms) {
  released_ms_ = at_ms;
  awaits_second_ = !is_done_;
}

void Button::report(uint8_t pid, uint64_t at_ms) {
  if (waiting_count_ == kMaxWaiting) return notifier().lose_event();
  waiting_[waiting_count_++] = {pid, at_ms};
}

void Button::emit_waiting() {
  size_t reported = 0;
  // Without a listener events are not kept: late ones would be mistaken for new ones.
  while (reported < waiting_count_ &&
         (!notifier().has_listener() || notifier().can_send_event())) {
    notifier().emit_event(waiting_[reported].pid, nullptr, waiting_[reported].uptime_ms);
    ++reported;
  }
  waiting_count_ -= reported;
  memmove(waiting_, waiting_ + reported, waiting_count_ * sizeof waiting_[0]);
}

uint32_t Button::due_in(uint64_t now_ms) {
  uint32_t next = port_.next_look_ms(now_ms);
  const auto sooner = [&](uint64_t due_ms) {
    const uint32_t in_ms = until(due_ms, now_ms);
    if (in_ms < next) next = in_ms;
  };
  if (switch_ != pressed_) sooner(switch_since_ms_ + kDebounceMs);
  if (pressed_ && !is_done_) sooner(pressed_ms_ + kLongMs);
  if (awaits_second_ && !pressed_ && !switch_) sooner(released_ms_ + kDoubleGapMs + 1);
  return next;
}

}  // namespace signalbox
