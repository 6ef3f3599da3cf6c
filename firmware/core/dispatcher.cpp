#include "core/dispatcher.h"

#include "core/value_check.h"

namespace signalbox {
namespace {

bool succeeded(Status status) {
  return status == Status::kOk || status == Status::kAccepted;
}

void finish(Result& out, Status status, uint8_t values) {
  set_status(out, status);
  if (succeeded(status)) out.values_count = values;
}

// Answers a command that is not executed: one that was executed before, or one that is
// too late. A retry is recognised even after its time to live, since it was executed.
bool replied_from_cache(DedupeTable& done, const CommandTag& tag, uint64_t arrived_ms,
                        uint64_t now_ms, Result& out) {
  if (done.find(tag.command_id, out)) {
    out.first_status = out.status;
    out.status = signalbox_unitlink_v1_Status_STATUS_DUPLICATE;
    return true;
  }
  if (tag.ttl_ms != 0 && now_ms - arrived_ms > tag.ttl_ms) {
    set_status(out, Status::kExpired);
    done.remember(tag.command_id, out);
    return true;
  }
  return false;
}

}  // namespace

void set_status(Result& out, Status status) {
  out.status = static_cast<signalbox_unitlink_v1_Status>(status);
  out.first_status = signalbox_unitlink_v1_Status_STATUS_UNSPECIFIED;
  out.values_count = 0;
}

void Dispatcher::read(uint32_t pid, uint64_t now_ms, Result& out) {
  const UnitDescription::Entry entry = description_.find(pid);
  if (entry.capability == nullptr || entry.spec.kind != AffordanceKind::kProperty ||
      !entry.spec.has(kReadable)) {
    return finish(out, Status::kUnknownAffordance, 0);
  }
  finish(out, entry.capability->read(entry.spec.pid, now_ms, out.values[0]), 1);
}

void Dispatcher::write(const Write& request, uint64_t arrived_ms, uint64_t now_ms,
                       Result& out) {
  const CommandTag tag = request.has_tag ? request.tag : CommandTag{};
  notify_arrived(tag, request.pid);
  if (!replied_from_cache(done_, tag, arrived_ms, now_ms, out)) {
    finish(out, execute_write(request, now_ms, out), 1);
    done_.remember(tag.command_id, out);
  }
  notify_answered(tag, out);
}

void Dispatcher::invoke(const Invoke& request, uint64_t arrived_ms, uint64_t now_ms,
                        Result& out) {
  const CommandTag tag = request.has_tag ? request.tag : CommandTag{};
  notify_arrived(tag, request.pid);
  if (!replied_from_cache(done_, tag, arrived_ms, now_ms, out)) {
    const UnitDescription::Entry entry = description_.find(request.pid);
    const uint8_t outputs = entry.capability == nullptr ? 0 : entry.spec.outputs.count;
    finish(out, execute_invoke(request, now_ms, out), outputs);
    done_.remember(tag.command_id, out);
  }
  notify_answered(tag, out);
}

void Dispatcher::notify_arrived(const CommandTag& tag, uint32_t pid) const {
  if (observer_ == nullptr || tag.command_id == 0) return;
  observer_->command_arrived(tag.command_id, pid);
}

void Dispatcher::notify_answered(const CommandTag& tag, const Result& out) const {
  if (observer_ == nullptr || tag.command_id == 0) return;
  observer_->command_answered(tag.command_id, out);
}

Status Dispatcher::execute_write(const Write& request, uint64_t now_ms, Result& out) {
  const UnitDescription::Entry entry = description_.find(request.pid);
  if (entry.capability == nullptr || entry.spec.kind != AffordanceKind::kProperty) {
    return Status::kUnknownAffordance;
  }
  if (!entry.spec.has(kWritable)) return Status::kReadOnly;
  if (!request.has_value) return Status::kBadRequest;
  const Status checked = check_value(entry.spec.outputs.at(0), request.value);
  if (checked != Status::kOk) return checked;
  out.values[0] = request.value;
  const WriteCall call = {entry.spec.pid, request.value, request.transition_ms, now_ms};
  return entry.capability->write(call, out.values[0]);
}

Status Dispatcher::execute_invoke(const Invoke& request, uint64_t now_ms, Result& out) {
  const UnitDescription::Entry entry = description_.find(request.pid);
  if (entry.capability == nullptr || entry.spec.kind != AffordanceKind::kAction) {
    return Status::kUnknownAffordance;
  }
  const ValueSpecs inputs = entry.spec.inputs;
  if (request.arguments_count != inputs.count) return Status::kBadRequest;
  // A wrong kind anywhere is reported before a value out of range.
  Status worst = Status::kOk;
  for (uint8_t i = 0; i < inputs.count; ++i) {
    const Status checked = check_value(inputs.at(i), request.arguments[i]);
    if (checked == Status::kBadRequest) return checked;
    if (checked != Status::kOk) worst = checked;
  }
  if (worst != Status::kOk) return worst;
  const InvokeCall call = {entry.spec.pid, request.arguments, now_ms};
  return entry.capability->invoke(call, out.values);
}

}  // namespace signalbox
