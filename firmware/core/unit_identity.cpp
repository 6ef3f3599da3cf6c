#include "core/unit_identity.h"

#include "core/frame.h"
#include "core/request.h"
#include "core/value.h"

namespace signalbox {

void fill_hello(const UnitIdentity& identity, uint64_t schema_hash, uint64_t uptime_ms,
                Hello& out) {
  out.protocol_min = kProtocolVersion;
  out.protocol_max = kProtocolVersion;
  out.max_body_bytes = kMaxBodyBytes;
  out.which_identity = signalbox_unitlink_v1_Hello_unit_tag;
  UnitHello& unit = out.identity.unit;
  copy_text(unit.hardware_id, sizeof unit.hardware_id, identity.hardware_id);
  copy_text(unit.model, sizeof unit.model, identity.model);
  copy_text(unit.firmware_version, sizeof unit.firmware_version,
            identity.firmware_version);
  unit.schema_hash = schema_hash;
  unit.boot_id = identity.boot_id;
  unit.reset_reason =
      static_cast<signalbox_unitlink_v1_ResetReason>(identity.reset_reason);
  unit.uptime_ms = uptime_ms;
  unit.max_in_flight = kMaxInFlight;
  unit.session_policy =
      static_cast<signalbox_unitlink_v1_SessionPolicy>(identity.session_policy);
  unit.safe_mode = identity.safe_mode;
}

}  // namespace signalbox
