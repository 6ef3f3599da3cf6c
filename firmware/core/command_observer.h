// Observes the execution of each command, for the log of a shell that has one.
#pragma once

#include "core/wire.h"

namespace signalbox {

class CommandObserver {
 public:
  // A command with this id has arrived for an affordance.
  virtual void command_arrived(uint64_t command_id, uint32_t pid) = 0;

  // Its result, which is sent next.
  virtual void command_answered(uint64_t command_id, const Result& result) = 0;

 protected:
  ~CommandObserver() = default;
};

}  // namespace signalbox
