#include "host/options.h"

#include <arpa/inet.h>

#include <cstdlib>

#include "core/update_signature.h"
#include "host/stock_unit.h"

namespace signalbox::host {

const char kUsage[] =
    "usage: signalbox-unit --unit light_sensor|thermometer|lamp|relay|button "
    "--id HARDWARE-ID "
    "(--key-file PATH | --settings PATH | --plain) [options]\n"
    "  --port N                    TCP port, 0 picks a free one (default 8888)\n"
    "  --bind ADDRESS              IPv4 address to listen on (default 127.0.0.1)\n"
    "  --key-file PATH             the unit's key, 44 characters of base64; it speaks "
    "only "
    "encrypted then\n"
    "  --plain                     unencrypted, open to anyone\n"
    "  --settings PATH             keeps key, Wi-Fi and host name there, as a board in "
    "its flash;\n"
    "                              without a key it waits for one on its serial line\n"
    "  --serial PATH               creates a serial port, linked at PATH\n"
    "  --access-point NAME:PASSWORD  the one network in its reach (default: every one)\n"
    "  --name TEXT                 shown in the log\n"
    "  --seed N                    seed of the simulated measurements (default 1)\n"
    "  --illuminance-period-ms N   pace of the light sensor (default 200)\n"
    "  --climate-period-ms N       pace of the thermometer (default 2000)\n"
    "  --state-file PATH           keeps the lamp's state across restarts\n"
    "  --fail-safe on|off          safe state of the relay (default off)\n"
    "  --base-lost-after-ms N      the relay enters it after so long without a base "
    "(default 0: never)\n"
    "  --max-on-ms N               maximum on-time of the relay (default 0: no limit)\n"
    "  --update-folder PATH        takes updates, and keeps firmware there\n"
    "  --update-key PATH           a public key that firmware must be signed with; twice "
    "for two\n"
    "  --confirm-after-ms N        a start is good after so long (default 60000)\n"
    "  --give-up-after-ms N        goes back without a base for so long (default "
    "900000)\n"
    "  --network-trial-ms N        another address is on trial for so long (default "
    "60000)\n"
    "  --crash-at PLACE            kills itself there, to test what is left\n"
    "To press a button type a word and Enter: press, double or long.\n"
    "  --no-reexec                 action reset ends the process instead of restarting "
    "it\n";

namespace {

constexpr unsigned long kMaxRelayMs = Relay::kMaxSettingMs;

bool parse_number(const std::string& text, unsigned long most, unsigned long& out) {
  if (text.empty() || text.size() > 10) return false;
  if (text.find_first_not_of("0123456789") != std::string::npos) return false;
  out = std::strtoul(text.c_str(), nullptr, 10);
  return out <= most;
}

// False when the option is not known or its value is wrong.
bool parse_option(const std::string& name, const std::string& value, Options& out) {
  unsigned long number = 0;
  if (name == "--unit") {
    out.unit = value;
    return find_stock_kind(value) != nullptr;
  }
  if (name == "--id") {
    out.id = value;
    // unit_link.options: hardware_id max_length
    return !value.empty() && value.size() < sizeof(UnitHello::hardware_id) &&
           value.find_first_of(" \t\r\n") == std::string::npos;
  }
  if (name == "--name") {
    out.name = value;
    return true;
  }
  if (name == "--bind") {
    out.bind = value;
    in_addr address;
    return inet_pton(AF_INET, value.c_str(), &address) == 1;
  }
  if (name == "--key-file") {
    out.key_file = value;
    return !value.empty();
  }
  if (name == "--settings") {
    out.settings_file = value;
    return !value.empty();
  }
  if (name == "--serial") {
    out.serial_path = value;
    return !value.empty();
  }
  if (name == "--access-point") {
    out.access_point = value;
    return value.find(':') != std::string::npos;
  }
  if (name == "--state-file") {
    out.state_file = value;
    return !value.empty();
  }
  if (name == "--port" && parse_number(value, UINT16_MAX, number)) {
    out.port = static_cast<uint16_t>(number);
    return true;
  }
  if (name == "--seed" && parse_number(value, UINT32_MAX, number)) {
    out.seed = static_cast<uint32_t>(number);
    return true;
  }
  if (name == "--illuminance-period-ms" && parse_number(value, 3600000, number)) {
    out.illuminance_period_ms = static_cast<uint32_t>(number);
    return number > 0;
  }
  if (name == "--climate-period-ms" && parse_number(value, 3600000, number)) {
    out.climate_period_ms = static_cast<uint32_t>(number);
    return number > 0;
  }
  if (name == "--fail-safe") {
    out.relay.fail_safe_on = value == "on";
    return value == "on" || value == "off";
  }
  if (name == "--base-lost-after-ms" && parse_number(value, kMaxRelayMs, number)) {
    out.relay.base_lost_after_ms = static_cast<uint32_t>(number);
    return true;
  }
  if (name == "--max-on-ms" && parse_number(value, kMaxRelayMs, number)) {
    out.relay.max_on_ms = static_cast<uint32_t>(number);
    return true;
  }
  if (name == "--update-folder") {
    out.update_folder = value;
    return !value.empty();
  }
  if (name == "--update-key") {
    out.update_keys.push_back(value);
    return !value.empty() && out.update_keys.size() <= UpdateTrust::kMaxKeys;
  }
  if (name == "--confirm-after-ms" && parse_number(value, 3600000, number)) {
    out.confirm_after_ms = static_cast<uint32_t>(number);
    return true;
  }
  if (name == "--give-up-after-ms" && parse_number(value, 86400000, number)) {
    out.give_up_after_ms = static_cast<uint32_t>(number);
    return true;
  }
  if (name == "--network-trial-ms" && parse_number(value, 3600000, number)) {
    out.network_trial_ms = static_cast<uint32_t>(number);
    return true;
  }
  if (name == "--crash-at") {
    out.crash_at = value;
    return true;
  }
  // Set by the built-in firmware when it starts an image.
  if (name == "--started-by") {
    out.started_by = value;
    return true;
  }
  // Set by the unit itself when it restarts, as is the next.
  if (name == "--serial-fd" && parse_number(value, 1023, number)) {
    out.serial_fd = static_cast<int>(number);
    return true;
  }
  if (name == "--reset-reason" && parse_number(value, 6, number)) {
    out.reset_reason = static_cast<ResetReason>(number);
    return true;
  }
  return false;
}

}  // namespace

std::string parse_options(const std::vector<std::string>& arguments, Options& out) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--no-reexec") {
      out.reexec = false;
      continue;
    }
    if (name == "--plain") {
      out.plain = true;
      continue;
    }
    if (i + 1 == arguments.size()) return "unknown option or missing value: " + name;
    const std::string& value = arguments[++i];
    if (!parse_option(name, value, out)) return "not understood: " + name + " " + value;
  }
  if (out.unit.empty()) return "--unit is missing";
  if (out.id.empty()) return "--id is missing";
  const int ways = (out.plain ? 1 : 0) + (out.key_file.empty() ? 0 : 1) +
                   (out.settings_file.empty() ? 0 : 1);
  if (ways != 1) return "one of --key-file, --settings and --plain is needed";
  if (!out.serial_path.empty() && out.settings_file.empty()) {
    return "--serial goes with --settings";
  }
  if (out.relay.fail_safe_on && out.relay.max_on_ms != 0)
    return "a relay that is safe when on cannot have a longest time on";
  return "";
}

}  // namespace signalbox::host
