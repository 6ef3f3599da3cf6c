// The version of this firmware: three numbers (docs/unit-link.md section 11.1). A build
// may name another one.
#pragma once

#ifndef SIGNALBOX_FIRMWARE_VERSION
#define SIGNALBOX_FIRMWARE_VERSION "0.1.0"
#endif

namespace signalbox {

constexpr const char* kFirmwareVersion = SIGNALBOX_FIRMWARE_VERSION;

}  // namespace signalbox
