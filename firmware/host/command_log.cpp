#include "host/command_log.h"

#include <stdio.h>

#include <string>

#include "host/log.h"

namespace signalbox::host {
namespace {

// The last two groups of the command's UUID, written as in the full id.
std::string id_text(uint64_t command_id) {
  char text[18];
  snprintf(text, sizeof text, "%04x-%012llx", static_cast<unsigned>(command_id >> 48),
           static_cast<unsigned long long>(command_id & 0xffffffffffffULL));
  return text;
}

const char* name_of(signalbox_unitlink_v1_Status status) {
  switch (static_cast<Status>(status)) {
    case Status::kOk:
      return "ok";
    case Status::kAccepted:
      return "accepted";
    case Status::kBadRequest:
      return "bad_request";
    case Status::kUnknownAffordance:
      return "unknown_affordance";
    case Status::kReadOnly:
      return "read_only";
    case Status::kOutOfRange:
      return "out_of_range";
    case Status::kBusy:
      return "busy";
    case Status::kDenied:
      return "denied";
    case Status::kExpired:
      return "expired";
    case Status::kDuplicate:
      return "duplicate";
    case Status::kUnsupported:
      return "unsupported";
    case Status::kHardwareError:
      return "hardware_error";
    case Status::kNoMemory:
      return "no_memory";
  }
  return "unspecified";
}

}  // namespace

void CommandLog::command_arrived(uint64_t command_id, uint32_t pid) {
  log_line("stage=unit_received command=%s pid=%u", id_text(command_id).c_str(),
           static_cast<unsigned>(pid));
}

void CommandLog::command_answered(uint64_t command_id, const Result& result) {
  log_line("stage=unit_replied command=%s status=%s", id_text(command_id).c_str(),
           name_of(result.status));
}

}  // namespace signalbox::host
