// Logs the stages of each command by its id, as hub and base do.
#pragma once

#include "core/command_observer.h"

namespace signalbox::host {

class CommandLog final : public CommandObserver {
 public:
  void command_arrived(uint64_t command_id, uint32_t pid) override;
  void command_answered(uint64_t command_id, const Result& result) override;
};

}  // namespace signalbox::host
