// Short C++ names for the generated protobuf messages.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/generated/unit_link.pb.h"

namespace signalbox {

using Affordance = signalbox_unitlink_v1_Affordance;
using CommandTag = signalbox_unitlink_v1_CommandTag;
using DataSchema = signalbox_unitlink_v1_DataSchema;
using Description = signalbox_unitlink_v1_Description;
using Envelope = signalbox_unitlink_v1_Envelope;
using Hello = signalbox_unitlink_v1_Hello;
using Invoke = signalbox_unitlink_v1_Invoke;
using Report = signalbox_unitlink_v1_Report;
using Result = signalbox_unitlink_v1_Result;
using Subscribe = signalbox_unitlink_v1_Subscribe;
using UnitHello = signalbox_unitlink_v1_UnitHello;
using Value = signalbox_unitlink_v1_Value;
using Write = signalbox_unitlink_v1_Write;

constexpr uint32_t kProtocolVersion =
    1;  // unit-link, first page: "Version of this document"

constexpr size_t kMaxResultValues = sizeof(Result::values) / sizeof(Value);
constexpr size_t kMaxArguments = sizeof(Invoke::arguments) / sizeof(Value);
constexpr size_t kMaxReportValues =
    sizeof(Report::values) / sizeof(signalbox_unitlink_v1_PropertyValue);

enum class [[nodiscard]] Status : uint8_t{
    kOk = signalbox_unitlink_v1_Status_STATUS_OK,
    kAccepted = signalbox_unitlink_v1_Status_STATUS_ACCEPTED,
    kBadRequest = signalbox_unitlink_v1_Status_STATUS_BAD_REQUEST,
    kUnknownAffordance = signalbox_unitlink_v1_Status_STATUS_UNKNOWN_AFFORDANCE,
    kReadOnly = signalbox_unitlink_v1_Status_STATUS_READ_ONLY,
    kOutOfRange = signalbox_unitlink_v1_Status_STATUS_OUT_OF_RANGE,
    kBusy = signalbox_unitlink_v1_Status_STATUS_BUSY,
    kDenied = signalbox_unitlink_v1_Status_STATUS_DENIED,
    kExpired = signalbox_unitlink_v1_Status_STATUS_EXPIRED,
    kDuplicate = signalbox_unitlink_v1_Status_STATUS_DUPLICATE,
    kUnsupported = signalbox_unitlink_v1_Status_STATUS_UNSUPPORTED,
    kHardwareError = signalbox_unitlink_v1_Status_STATUS_HARDWARE_ERROR,
    kNoMemory = signalbox_unitlink_v1_Status_STATUS_NO_MEMORY,
};

enum class GoodbyeReason : uint8_t {
  kDone = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_DONE,
  kTakenOver = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_TAKEN_OVER,
  kVersion = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_VERSION,
  kEncryptionRequired =
      signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_ENCRYPTION_REQUIRED,
  kNoHello = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_NO_HELLO,
  kSilent = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_SILENT,
  kRestart = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_RESTART,
  kProtocolError = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_PROTOCOL_ERROR,
  kBusy = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_BUSY,
  kWrongKey = signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_WRONG_KEY,
};

enum class DataType : uint8_t {
  kBoolean = signalbox_unitlink_v1_DataType_DATA_TYPE_BOOLEAN,
  kInteger = signalbox_unitlink_v1_DataType_DATA_TYPE_INTEGER,
  kNumber = signalbox_unitlink_v1_DataType_DATA_TYPE_NUMBER,
  kString = signalbox_unitlink_v1_DataType_DATA_TYPE_STRING,
  kBytes = signalbox_unitlink_v1_DataType_DATA_TYPE_BYTES,
  kColor = signalbox_unitlink_v1_DataType_DATA_TYPE_COLOR,
};

enum class AffordanceKind : uint8_t {
  kProperty = signalbox_unitlink_v1_AffordanceKind_AFFORDANCE_KIND_PROPERTY,
  kAction = signalbox_unitlink_v1_AffordanceKind_AFFORDANCE_KIND_ACTION,
  kEvent = signalbox_unitlink_v1_AffordanceKind_AFFORDANCE_KIND_EVENT,
};

enum class SessionPolicy : uint8_t {
  kHeld = signalbox_unitlink_v1_SessionPolicy_SESSION_POLICY_HELD,
  kOnDemand = signalbox_unitlink_v1_SessionPolicy_SESSION_POLICY_ON_DEMAND,
};

enum class ResetReason : uint8_t {
  kUnspecified = signalbox_unitlink_v1_ResetReason_RESET_REASON_UNSPECIFIED,
  kPowerOn = signalbox_unitlink_v1_ResetReason_RESET_REASON_POWER_ON,
  kExternal = signalbox_unitlink_v1_ResetReason_RESET_REASON_EXTERNAL,
  kSoftware = signalbox_unitlink_v1_ResetReason_RESET_REASON_SOFTWARE,
  kWatchdog = signalbox_unitlink_v1_ResetReason_RESET_REASON_WATCHDOG,
  kException = signalbox_unitlink_v1_ResetReason_RESET_REASON_EXCEPTION,
  kDeepSleep = signalbox_unitlink_v1_ResetReason_RESET_REASON_DEEP_SLEEP,
};

}  // namespace signalbox
