#pragma once

namespace signalbox {

constexpr const char* kFirmwareVersion = "0.1.0";

}  // namespace signalbox
