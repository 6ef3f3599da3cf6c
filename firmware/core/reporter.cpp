#include "core/reporter.h"

namespace signalbox {

void Reporter::begin_peer() {
  subscriptions_.disown_all();
  cursor_ = ring_.next_seq();
  resumed_ = false;
}

Status Reporter::subscribe(const Subscribe& request) {
  const UnitDescription::Entry entry = description_.find(request.pid);
  if (entry.capability == nullptr || !entry.spec.has(kObservable)) {
    return Status::kUnknownAffordance;
  }
  if (request.cancel) {
    subscriptions_.remove(entry.spec.pid);
    return Status::kOk;
  }
  if (request.max_interval_ms != 0 && request.max_interval_ms < request.min_interval_ms) {
    return Status::kBadRequest;
  }
  const bool added = subscriptions_.add(entry.spec.pid, request.min_interval_ms,
                                        request.max_interval_ms);
  return added ? Status::kOk : Status::kNoMemory;
}

uint32_t Reporter::resume(uint32_t after_seq) {
  subscriptions_.own_all();
  resumed_ = true;
  const uint32_t oldest = ring_.oldest_seq();
  const uint32_t next = ring_.next_seq();
  // A base that has more than exists refers to another boot.
  cursor_ = after_seq >= next ? next : after_seq + 1;
  if (cursor_ < oldest) cursor_ = oldest;
  return cursor_;
}

void Reporter::send_samples(uint64_t now_ms) {
  subscriptions_.next_due(now_ms, [&](uint8_t pid, bool is_first) {
    const UnitDescription::Entry entry = description_.find(pid);
    const uint64_t measured_ms = entry.capability->measured_ms(pid, now_ms);
    // A peer that resumed gets, or has, this very measurement already.
    if (is_first && resumed_ && ring_.holds(pid, measured_ms)) return;
    Value value = {};
    // An unreadable value counts as reported: it is retried when it changes.
    if (entry.capability->read(pid, now_ms, value) != Status::kOk) return;
    ring_.push(pid, measured_ms, value);
  });
}

bool Reporter::fill(Report& report, uint64_t now_ms) {
  while (report.values_count < kMaxReportValues && seek()) {
    const uint64_t uptime_ms = ring_.uptime_at(cursor_);
    const bool continues =
        report.seq + report.values_count == cursor_ && report.uptime_ms == uptime_ms;
    if (report.values_count > 0 && !continues) return true;
    signalbox_unitlink_v1_PropertyValue& slot = report.values[report.values_count];
    slot.has_value = read_sample(cursor_, now_ms, slot.value);
    if (slot.has_value) {
      if (report.values_count == 0) report.seq = cursor_;
      slot.pid = ring_.pid_at(cursor_);
      report.uptime_ms = uptime_ms;
      ++report.values_count;
    }
    ++cursor_;
  }
  return report.values_count > 0;
}

bool Reporter::is_for_peer(uint32_t seq) const {
  return resumed_ || subscriptions_.is_owned(ring_.pid_at(seq));
}

bool Reporter::seek() {
  if (cursor_ < ring_.oldest_seq()) cursor_ = ring_.oldest_seq();
  while (cursor_ < ring_.next_seq() && !is_for_peer(cursor_)) ++cursor_;
  return cursor_ < ring_.next_seq();
}

bool Reporter::read_sample(uint32_t seq, uint64_t now_ms, Value& out) const {
  if (ring_.value_at(seq, out)) return true;
  const uint8_t pid = ring_.pid_at(seq);
  return description_.find(pid).capability->read(pid, now_ms, out) == Status::kOk;
}

}  // namespace signalbox
