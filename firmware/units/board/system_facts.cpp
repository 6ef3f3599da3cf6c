#include "units/board/system_facts.h"

#include "core/value.h"

namespace signalbox {
namespace {

constexpr double kLargestSafeInteger = 9007199254740991.0;  // unit-link section 5.2

constexpr ValueSpec kMilliseconds SIGNALBOX_FLASH =
    integer_value().in("ms").range(0, kLargestSafeInteger);
constexpr ValueSpec kBytes SIGNALBOX_FLASH =
    integer_value().in("By").range(0, UINT32_MAX);

constexpr ValueSpec kSourceText SIGNALBOX_FLASH = string_value(8);
constexpr ValueSpec kNewTime SIGNALBOX_FLASH =
    integer_value("time").in("ms").range(0, kLargestSafeInteger);
constexpr ValueSpec kOffset SIGNALBOX_FLASH =
    integer_value().in("ms").range(-kLargestSafeInteger, kLargestSafeInteger);
constexpr ValueSpec kOffsets[] SIGNALBOX_FLASH = {kOffset.named("before"),
                                                  kOffset.named("after")};

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    property(SystemFacts::kUptime, "uptime", "Uptime", "diagnostic.uptime", kMilliseconds,
             kReadable),
    property(SystemFacts::kFreeHeap, "freeHeap", "Free heap", "diagnostic.freeHeap",
             kBytes, kReadable),
    property(SystemFacts::kTime, "time", "Clock", "diagnostic.time", kMilliseconds,
             kReadable),
    // Not idempotent: the same time set again later is wrong.
    action(SystemFacts::kTimeSet, "timeSet", "Set clock", "board.timeSet", kNewTime,
           kOffsets, 0),
    property(SystemFacts::kTimeSource, "timeSource", "Time source",
             "diagnostic.timeSource", kSourceText, kReadable),
};

const char* name_of(ClockSource source) {
  switch (source) {
    case ClockSource::kNobody:
      return "nobody";
    case ClockSource::kSystem:
      return "system";
    case ClockSource::kBase:
      return "base";
    case ClockSource::kCommand:
      return "command";
  }
  return "";
}

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
    case kTimeSource:
      set_text(out, name_of(clock_.source()));
      return Status::kOk;
    default:
      set_integer(out, clock_.epoch_ms(now_ms));
      return Status::kOk;
  }
}

Status SystemFacts::invoke(const InvokeCall& call, Value* outputs) {
  const int64_t wanted_ms = call.arguments[0].kind.integer;
  const int64_t before_ms = clock_.epoch_ms(call.now_ms);
  // Within the clock's range, by the schema of the argument.
  (void)clock_.set(wanted_ms, call.now_ms, ClockSource::kCommand);
  set_integer(outputs[0], before_ms - wanted_ms);
  set_integer(outputs[1], clock_.epoch_ms(call.now_ms) - wanted_ms);
  return Status::kOk;
}

}  // namespace signalbox
