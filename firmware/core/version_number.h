// Versions of firmware, as updates compare them: "1.4.0" (docs/unit-link.md
// section 11.1).
#pragma once

#include <stdint.h>

namespace signalbox {

// Three numbers up to 65535 without leading zeros, as one number with the same order.
// False if the zero-terminated text is anything else.
[[nodiscard]] bool parse_version(const char* text, uint64_t& out);

}  // namespace signalbox
