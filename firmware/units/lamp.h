// An RGB lamp: on/off, colour and brightness; colour and brightness can fade.
#pragma once

#include "core/capability.h"
#include "units/fade.h"

namespace signalbox {

struct LampState {
  bool on = false;
  uint32_t color = 0xFFFFFF;  // 0xRRGGBB
  int32_t brightness = 100;   // percent

  bool operator==(const LampState& other) const {
    return on == other.on && color == other.color && brightness == other.brightness;
  }
};

class LampPort {
 public:
  // Shows this now. Called at each step of a fade.
  virtual void show(const LampState& state) = 0;
  // A change has ended.
  virtual void settled(const LampState& state) = 0;
  // Whether a restarted lamp shows the last settled state.
  virtual bool keeps_state() const = 0;

 protected:
  ~LampPort() = default;
};

class Lamp final : public Capability {
 public:
  static constexpr uint8_t kOn = 1;
  static constexpr uint8_t kColor = 2;
  static constexpr uint8_t kBrightness = 3;

  Lamp(LampPort& port, const LampState& initial);

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  // The value in force is the target; reports show the steps towards it.
  Status write(const WriteCall& call, Value& in_force) override;
  uint32_t poll(uint64_t now_ms) override;
  // A lamp that restores its state may blink.
  bool holds_output() const override { return on_ && !port_.keeps_state(); }

 private:
  LampState state_at(uint64_t now_ms) const;
  bool is_fading(uint64_t now_ms) const;
  void report_changes(uint64_t now_ms, bool fading);

  LampPort& port_;
  bool on_;
  Fade red_;
  Fade green_;
  Fade blue_;
  Fade brightness_;
  LampState shown_;
  LampState reported_;
  LampState settled_;
  uint64_t reported_ms_ = 0;
  bool started_ = false;
};

}  // namespace signalbox
