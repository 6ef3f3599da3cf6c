// Keys as text: base64 (RFC 4648).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

// Reads exactly `size` bytes from base64 with its padding and optional surrounding white
// space. False, and nothing stored, if the text is anything else. `size` must be 2 modulo
// 3, which needs a single padding character.
[[nodiscard]] bool parse_base64(const char* text, size_t chars, uint8_t* out,
                                size_t size);

}  // namespace signalbox
