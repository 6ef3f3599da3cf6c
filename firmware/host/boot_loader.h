// What runs first of a unit on a PC that keeps images: the built-in firmware, which then
// gives way to the one that was installed.
#pragma once

#include <string>
#include <vector>

#include "core/boot_guard.h"
#include "host/image_store.h"

namespace signalbox::host {

struct LoadPlan {
  // As this program was called.
  const std::vector<std::string>& arguments;
  const char* own_version;
  BootRules rules;
};

// Counts this start and runs the image that is due in this process's place; returns when
// that is this program itself. True: in safe mode.
[[nodiscard]] bool load_image(ImageStore& store, const LoadPlan& plan);

// The option by which an image is told who started it, and starts it anew.
extern const char kStartedByOption[];

}  // namespace signalbox::host
