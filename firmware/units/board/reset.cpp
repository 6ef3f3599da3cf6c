#include "units/board/reset.h"

namespace signalbox {
namespace {

constexpr AffordanceSpec kAffordances[] = {
    action(Reset::kReset, "reset", "Restart", "board.reset", {}, {}, 0)};

}  // namespace

AffordanceSpecs Reset::affordances() const { return kAffordances; }

Status Reset::invoke(const InvokeCall&, Value*) {
  restart_.raise();
  return Status::kAccepted;
}

}  // namespace signalbox
