// The schema hashes of the stock units. A change here is a change of their descriptions:
// bases will describe them anew.
#pragma once

#include <stdint.h>

namespace signalbox::test {

constexpr uint64_t kLampSchemaHash = 0xaf56d880ecf6cd14u;
constexpr uint64_t kLightSensorSchemaHash = 0xe5e2c0c01d41ae95u;
constexpr uint64_t kRelaySchemaHash = 0x6246399dc7e4f097u;
constexpr uint64_t kButtonSchemaHash = 0x4737fc2b9f6886c7u;
constexpr uint64_t kThermometerSchemaHash = 0x962be9fa25ff4497u;  // with three quantities

}  // namespace signalbox::test
