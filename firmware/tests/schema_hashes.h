// The schema hashes of the stock units. A change here is a change of their descriptions:
// bases will describe them anew.
#pragma once

#include <stdint.h>

namespace signalbox::test {

constexpr uint64_t kLampSchemaHash = 0x8a6c3cc509cb61efu;
constexpr uint64_t kLightSensorSchemaHash = 0x49f9f62809ad189du;
constexpr uint64_t kRelaySchemaHash = 0xf6d257d7135bda81u;
constexpr uint64_t kButtonSchemaHash = 0xa57e8e287b6cc9f0u;
constexpr uint64_t kThermometerSchemaHash = 0x16190a36923df3b6u;  // with three quantities

}  // namespace signalbox::test
