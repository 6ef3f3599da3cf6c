// Keys as people handle them: base64 (RFC 4648).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

// Reads exactly `size` bytes from their base64 with its padding, white space around it.
// False, and nothing of it kept, when the text is something else. `size` is one that
// needs a single padding character: 2 modulo 3.
[[nodiscard]] bool parse_base64(const char* text, size_t chars, uint8_t* out,
                                size_t size);

}  // namespace signalbox
