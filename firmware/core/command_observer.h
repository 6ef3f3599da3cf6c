// Who wants to know what becomes of each command: the log of a shell that has one.
#pragma once

#include "core/wire.h"

namespace signalbox {

class CommandObserver {
 public:
  // A command with this id has arrived for an affordance.
  virtual void command_arrived(uint64_t command_id, uint32_t pid) = 0;

  // Its result, which leaves next.
  virtual void command_answered(uint64_t command_id, const Result& result) = 0;

 protected:
  ~CommandObserver() = default;
};

}  // namespace signalbox
