// Checks a value against its schema (docs/unit-link.md section 5.2).
#pragma once

#include "core/affordance_spec.h"

namespace signalbox {

// kOk, kBadRequest (wrong kind) or kOutOfRange.
Status check_value(const ValueSpec& spec, const Value& value);

}  // namespace signalbox
