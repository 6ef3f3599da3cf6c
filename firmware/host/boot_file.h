// Which image of a folder the next start runs, and what is known of its starts.
#pragma once

#include <string>

#include "core/boot_port.h"

namespace signalbox::host {

// The program that was installed by hand, and two places for what updates bring.
enum class Image : char { kNone = '-', kBuiltIn = '0', kA = 'a', kB = 'b' };

struct BootFile {
  Image active = Image::kBuiltIn;
  // From before the last update; kNone: cannot be gone back to.
  Image previous = Image::kNone;
  std::string version;  // of the active one; empty: the built-in one's
  BootRecord record;
};

std::string format_boot_file(const BootFile& file);
// False when the text is none; `out` is untouched then.
[[nodiscard]] bool parse_boot_file(const std::string& text, BootFile& out);

}  // namespace signalbox::host
