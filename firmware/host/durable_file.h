// Files that after a power cut have either their old or their new content.
#pragma once

#include <string>

#include "host/crash_point.h"

namespace signalbox::host {

// Empty where there is none, or it is larger than a page.
std::string read_small_file(const std::string& path);

// Writes beside, syncs, renames, and syncs the folder: the rename is the moment at which
// the new content counts. The crash points are <prefix>_written and <prefix>_renamed.
[[nodiscard]] bool replace_file(const std::string& folder, const std::string& name,
                                const std::string& content, const CrashPoint& crash,
                                const std::string& prefix);

// From now on, created and removed names in the folder survive.
[[nodiscard]] bool sync_folder(const std::string& folder);

}  // namespace signalbox::host
