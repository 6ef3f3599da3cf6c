// The action that restarts the board.
#pragma once

#include "core/capability.h"
#include "core/restart.h"

namespace signalbox {

class Reset final : public Capability {
 public:
  static constexpr uint8_t kReset = 45;

  explicit Reset(RestartRequest& restart) : restart_(restart) {}

  AffordanceSpecs affordances() const override;
  // Accepted: the goodbye and the next boot id tell the end.
  Status invoke(const InvokeCall& call, Value* outputs) override;

 private:
  RestartRequest& restart_;
};

}  // namespace signalbox
