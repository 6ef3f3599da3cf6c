// Port: what outlives a restart of the board (docs/unit-link.md section 11.4).
#pragma once

#include <stdint.h>

#include "core/wire.h"

namespace signalbox {

struct BootRecord {
  // Starts in a row after each of which the firmware did not run for long.
  uint8_t starts = 0;
  // Runs that ended by a crash since the last long run without one.
  uint8_t crashes = 0;
  // The running firmware was installed by an update and not confirmed yet.
  bool unconfirmed = false;
  // The version that was installed last and rolled back; empty: none.
  char failed_version[sizeof(signalbox_unitlink_v1_UpdateStatus::failed_version)] = {};
};

class BootPort {
 public:
  // A lost record is as before the first start: blank.
  virtual void load(BootRecord& out) = 0;
  // Stored whole or not at all, even if the power fails.
  virtual bool store(const BootRecord& record) = 0;

  // Whether the firmware from before the update still exists.
  virtual bool can_roll_back() = 0;
  // The next start runs the previous firmware, with the record as it is now.
  virtual bool roll_back(const BootRecord& record) = 0;

 protected:
  ~BootPort() = default;
};

}  // namespace signalbox
