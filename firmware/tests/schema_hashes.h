// The schema hashes of the stock units. A change here is a change of their descriptions:
// bases will describe them anew.
#pragma once

#include <stdint.h>

namespace signalbox::test {

constexpr uint64_t kLampSchemaHash = 0xe219b57f3dbb6771u;
constexpr uint64_t kLightSensorSchemaHash = 0xb91629daa4ebfb7du;
constexpr uint64_t kRelaySchemaHash = 0x80f90a54ea923669u;
constexpr uint64_t kButtonSchemaHash = 0xcd5bb187434e2dd6u;
constexpr uint64_t kThermometerSchemaHash = 0x792c0d84da47c881u;  // with three quantities

}  // namespace signalbox::test
