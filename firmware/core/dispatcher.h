// Executes read, write and invoke: checks each against the description, prevents commands
// from running twice or too late, and calls the capability.
#pragma once

#include "core/command_observer.h"
#include "core/dedupe_table.h"
#include "core/description.h"
#include "core/request.h"

namespace signalbox {

class Dispatcher {
 public:
  explicit Dispatcher(const UnitDescription& description) : description_(description) {}

  // The observer outlives the dispatcher; it is notified of commands that have an id.
  void observe(CommandObserver& observer) { observer_ = &observer; }

  void read(uint32_t pid, uint64_t now_ms, Result& out);
  // `arrived_ms` is when the frame arrived: a tag's time to live counts from there.
  void write(const Write& request, uint64_t arrived_ms, uint64_t now_ms, Result& out);
  void invoke(const Invoke& request, uint64_t arrived_ms, uint64_t now_ms, Result& out);

 private:
  void notify_arrived(const CommandTag& tag, uint32_t pid) const;
  void notify_answered(const CommandTag& tag, const Result& out) const;
  Status execute_write(const Write& request, uint64_t now_ms, Result& out);
  Status execute_invoke(const Invoke& request, uint64_t now_ms, Result& out);

  const UnitDescription& description_;
  DedupeTable done_;
  CommandObserver* observer_ = nullptr;
};

// Sets the status, and no values.
void set_status(Result& out, Status status);

}  // namespace signalbox
