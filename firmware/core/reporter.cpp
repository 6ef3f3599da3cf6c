#include "core/reporter.h"

namespace signalbox {

Status Reporter::subscribe(const Subscribe& request) {
  const UnitDescription::Entry entry = description_.find(request.pid);
  if (entry.spec == nullptr || !entry.spec->has(kObservable)) {
    return Status::kUnknownAffordance;
  }
  if (request.cancel) {
    subscriptions_.remove(entry.spec->pid);
    return Status::kOk;
  }
  if (request.max_interval_ms != 0 && request.max_interval_ms < request.min_interval_ms) {
    return Status::kBadRequest;
  }
  const bool added = subscriptions_.add(entry.spec->pid, request.min_interval_ms,
                                        request.max_interval_ms);
  return added ? Status::kOk : Status::kNoMemory;
}

bool Reporter::fill(Report& report, uint64_t now_ms) {
  subscriptions_.take_due(now_ms, kMaxReportValues, [&](uint8_t pid) {
    const UnitDescription::Entry entry = description_.find(pid);
    const uint64_t measured_ms = entry.capability->measured_ms(pid, now_ms);
    if (report.values_count > 0 && report.uptime_ms != measured_ms) return false;
    signalbox_unitlink_v1_PropertyValue& slot = report.values[report.values_count];
    slot.pid = pid;
    slot.has_value = entry.capability->read(pid, now_ms, slot.value) == Status::kOk;
    // A value that cannot be read now counts as told: it is tried again when it changes.
    if (!slot.has_value) return true;
    report.uptime_ms = measured_ms;
    ++report.values_count;
    return true;
  });
  if (report.values_count == 0) return false;
  report.seq = ++seq_;
  return true;
}

}  // namespace signalbox
