// Runs first in a unit on a PC that stores images: the built-in firmware, which then
// starts the installed one.
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

// Counts this start and replaces this process by the image that is due; returns if that
// is this program itself. True: in safe mode.
[[nodiscard]] bool load_image(ImageStore& store, const LoadPlan& plan);

// The option that names the program that started an image, and restarts it.
extern const char kStartedByOption[];

}  // namespace signalbox::host
