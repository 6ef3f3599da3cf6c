// A lamp that is shown in the log. Its state survives restarts if there is a file for it.
#pragma once

#include <string>

#include "units/lamp.h"

namespace signalbox::host {

class VirtualLamp final : public LampPort {
 public:
  explicit VirtualLamp(std::string state_file) : state_file_(std::move(state_file)) {}

  // The state that was kept, or a lamp that is off.
  LampState load() const;

  void show(const LampState&) override {}
  void settled(const LampState& state) override;
  bool keeps_state() const override { return !state_file_.empty(); }

 private:
  std::string state_file_;
};

}  // namespace signalbox::host
