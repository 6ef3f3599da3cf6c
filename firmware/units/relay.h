// A switch with a safe state, which it returns to at boot and when its base is gone for
// too long; it is never on for longer than allowed.
#pragma once

#include "core/capability.h"

namespace signalbox {

class RelayPort {
 public:
  virtual void set(bool on) = 0;

 protected:
  ~RelayPort() = default;
};

struct RelaySettings {
  bool fail_safe_on = false;
  // Time without an authenticated base after which it returns to the safe state; 0:
  // never.
  uint32_t base_lost_after_ms = 0;
  // Maximum time on, whatever is commanded meanwhile; 0: no limit.
  uint32_t max_on_ms = 0;
};

class Relay final : public Capability {
 public:
  static constexpr uint8_t kOn = 1;
  static constexpr uint8_t kPulse = 2;
  static constexpr uint8_t kChangedBy = 3;
  static constexpr uint8_t kFailSafe = 4;
  static constexpr uint8_t kBaseLostAfter = 5;
  static constexpr uint8_t kMaxOn = 6;

  static constexpr uint32_t kMaxSettingMs = 7u * 24 * 3600 * 1000;  // a week

  Relay(RelayPort& port, const RelaySettings& settings);

  // Switches to the safe state: once, as early in the boot as possible.
  void begin();

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  Status write(const WriteCall& call, Value& in_force) override;
  // A pulse: on now, off after the given time. Its end is reported, not answered.
  Status invoke(const InvokeCall& call, Value* outputs) override;
  uint32_t poll(uint64_t now_ms) override;
  // A reboot returns to the safe state.
  bool holds_output() const override { return on_ != settings_.fail_safe_on; }

 private:
  // The cause of the last change.
  enum class Cause : uint8_t { kBoot, kCommand, kPulseEnd, kMaxOnTime, kBaseLost };
  static const char* name_of(Cause cause);

  void switch_to(bool on, Cause cause, uint64_t now_ms);
  void watch_base(uint64_t now_ms);
  void end_on_time(uint64_t now_ms);
  uint64_t limit_ms() const;

  RelayPort& port_;
  const RelaySettings settings_;
  bool on_;
  Cause cause_ = Cause::kBoot;
  uint64_t on_since_ms_ = 0;
  uint64_t pulse_ends_ms_ = 0;  // 0: no pulse
  uint64_t heard_ms_ = 0;       // when the base was last connected; before that, the boot
  bool lost_handled_ = false;
};

}  // namespace signalbox
