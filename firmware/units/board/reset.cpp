#include "units/board/reset.h"

namespace signalbox {
namespace {

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    action(Reset::kReset, "reset", "Restart", "board.reset", {}, {}, 0),
    action(Reset::kFactoryReset, "factoryReset", "Factory reset", "board.factoryReset",
           {}, {}, 0),
};

}  // namespace

AffordanceSpecs Reset::affordances() const { return kAffordances; }

Status Reset::invoke(const InvokeCall& call, Value*) {
  if (call.pid == kFactoryReset) {
    // A unit whose key was built in, or given at its start, has nothing to fall back to.
    if (!restart_.may_forget()) return Status::kUnsupported;
    restart_.raise_forgetting();
  } else {
    restart_.raise();
  }
  return Status::kAccepted;
}

}  // namespace signalbox
