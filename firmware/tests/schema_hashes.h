// The schema hashes of the stock units. A change here is a change of their descriptions:
// bases will describe them anew.
#pragma once

#include <stdint.h>

namespace signalbox::test {

constexpr uint64_t kLampSchemaHash = 0x8a6c3cc509cb61efu;
constexpr uint64_t kLightSensorSchemaHash = 0x49f9f62809ad189du;

}  // namespace signalbox::test
