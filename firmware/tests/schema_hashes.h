// The schema hashes of the stock units. A change here is a change of their descriptions:
// bases will describe them anew.
#pragma once

#include <stdint.h>

namespace signalbox::test {

constexpr uint64_t kLampSchemaHash = 0xd35b1d8c86dfb2ccu;
constexpr uint64_t kLightSensorSchemaHash = 0x9d05a9b612f04c74u;
constexpr uint64_t kRelaySchemaHash = 0x30c2d9ffb0df4a77u;
constexpr uint64_t kButtonSchemaHash = 0xaef47fd5cf8de182u;
constexpr uint64_t kThermometerSchemaHash = 0x9f9807016cb85e90u;  // with three quantities

}  // namespace signalbox::test
