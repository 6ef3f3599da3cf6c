// A unit's identity in its hello.
#pragma once

#include "core/wire.h"

namespace signalbox {

struct UnitIdentity {
  const char* hardware_id;  // stable over reboots and updates, at most 32 bytes
  const char* model;
  const char* firmware_version;
  uint32_t boot_id;  // another one at each boot
  ResetReason reset_reason;
  SessionPolicy session_policy;
  // Serves nothing but what section 11.4 allows.
  bool safe_mode = false;
};

// Writes the unit's hello (docs/unit-link.md section 4) into a blank message.
void fill_hello(const UnitIdentity& identity, uint64_t schema_hash, uint64_t uptime_ms,
                Hello& out);

}  // namespace signalbox
