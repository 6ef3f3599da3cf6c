#include "core/capability.h"

namespace signalbox {

Status Capability::read(uint8_t, uint64_t, Value&) { return Status::kUnsupported; }

Status Capability::write(const WriteCall&, Value&) { return Status::kUnsupported; }

Status Capability::invoke(const InvokeCall&, Value*) { return Status::kUnsupported; }

uint64_t Capability::measured_ms(uint8_t, uint64_t now_ms) const { return now_ms; }

uint32_t Capability::poll(uint64_t) { return kIdle; }

}  // namespace signalbox
