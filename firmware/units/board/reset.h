// The actions that restart the board: as it is, or with factory settings.
#pragma once

#include "core/capability.h"
#include "core/restart.h"

namespace signalbox {

class Reset final : public Capability {
 public:
  static constexpr uint8_t kReset = 45;
  static constexpr uint8_t kFactoryReset = 60;

  explicit Reset(RestartRequest& restart) : restart_(restart) {}

  AffordanceSpecs affordances() const override;
  // Accepted: the goodbye and the next boot id show the end. After a factory reset nobody
  // sees it: the unit has no key and no network then.
  Status invoke(const InvokeCall& call, Value* outputs) override;

 private:
  RestartRequest& restart_;
};

}  // namespace signalbox
