// Counts every allocation of the process, by operator new and by malloc (which the linker
// redirects here: see CMakeLists.txt).
#pragma once

#include <stddef.h>

namespace signalbox::test {

size_t allocations();

}  // namespace signalbox::test
