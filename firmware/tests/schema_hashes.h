// The schema hashes of the stock units. A change here is a change of their descriptions:
// bases will describe them anew.
#pragma once

#include <stdint.h>

namespace signalbox::test {

constexpr uint64_t kLampSchemaHash = 0x39ce12a34bf31ff0u;
constexpr uint64_t kLightSensorSchemaHash = 0xb7ab30f4a62f3548u;
constexpr uint64_t kRelaySchemaHash = 0x4a6739f67ff5ec19u;
constexpr uint64_t kButtonSchemaHash = 0x53752e2d5fe6b520u;
constexpr uint64_t kThermometerSchemaHash = 0x54d722bdffb26982u;  // with three quantities

}  // namespace signalbox::test
