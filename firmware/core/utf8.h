#pragma once

namespace signalbox {

// True when the zero-terminated text is well-formed UTF-8 (RFC 3629: shortest form, no
// surrogates, nothing above U+10FFFF).
[[nodiscard]] bool is_utf8(const char* text);

}  // namespace signalbox
