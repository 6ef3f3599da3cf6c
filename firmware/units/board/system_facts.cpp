#include "units/board/system_facts.h"

#include "core/value.h"

namespace signalbox {
namespace {

constexpr double kLargestSafeInteger = 9007199254740991.0;  // unit-link section 5.2

constexpr ValueSpec kMilliseconds =
    integer_value().in("ms").range(0, kLargestSafeInteger);
constexpr ValueSpec kBytes = integer_value().in("By").range(0, UINT32_MAX);

// Setting the time is not idempotent: the same value sent again later is a wrong time.
constexpr AffordanceSpec kAffordances[] = {
    property(SystemFacts::kUptime, "uptime", "Uptime", "diagnostic.uptime", kMilliseconds,
             kReadable),
    property(SystemFacts::kFreeHeap, "freeHeap", "Free heap", "diagnostic.freeHeap",
             kBytes, kReadable),
    property(SystemFacts::kTime, "time", "Clock", "diagnostic.time", kMilliseconds,
             kReadable | kWritable),
};

}  // namespace

AffordanceSpecs SystemFacts::affordances() const { return kAffordances; }

Status SystemFacts::read(uint8_t pid, uint64_t now_ms, Value& out) {
  switch (pid) {
    case kUptime:
      set_integer(out, static_cast<int64_t>(now_ms));
      return Status::kOk;
    case kFreeHeap:
      set_integer(out, memory_.free_heap_bytes());
      return Status::kOk;
    default:
      set_integer(out, clock_.epoch_ms(now_ms));
      return Status::kOk;
  }
}

Status SystemFacts::write(const WriteCall& call, Value&) {
  clock_.set(call.value.kind.integer, call.now_ms);
  return Status::kOk;
}

}  // namespace signalbox
