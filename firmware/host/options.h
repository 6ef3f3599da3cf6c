// The host unit's command line.
#pragma once

#include <stdint.h>

#include <string>
#include <vector>

#include "core/wire.h"
#include "units/board/network_change.h"
#include "units/relay.h"

namespace signalbox::host {

struct Options {
  std::string unit;
  std::string id;
  std::string name;
  std::string bind = "127.0.0.1";
  uint16_t port = 8888;  // 0: any free one
  uint32_t seed = 1;
  uint32_t illuminance_period_ms = 200;
  uint32_t climate_period_ms = 2000;
  RelaySettings relay;
  std::string key_file;  // empty: the link is plain, which must be explicit
  bool plain = false;
  std::string settings_file;  // key, Wi-Fi and host name are kept there
  std::string serial_path;    // a link to the serial line; empty: none
  int serial_fd = -1;         // the line from before a restart
  std::string access_point;   // "name:password"; empty: every network is in reach
  std::string state_file;     // empty: the lamp forgets its state at a restart
  bool reexec = true;
  std::string update_folder;             // empty: the firmware cannot be updated
  std::vector<std::string> update_keys;  // at most UpdateTrust::kMostKeys
  uint32_t confirm_after_ms = 60000;
  uint32_t give_up_after_ms = 15 * 60000;
  uint32_t network_trial_ms = NetworkChange::kTrialMs;
  std::string crash_at;    // a place in host/*.cpp; empty: none
  std::string started_by;  // the program that started this image
  ResetReason reset_reason = ResetReason::kPowerOn;
};

// Empty when the arguments are good, else what is wrong with them.
std::string parse_options(const std::vector<std::string>& arguments, Options& out);

extern const char kUsage[];

}  // namespace signalbox::host
