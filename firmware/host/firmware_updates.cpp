#include "host/firmware_updates.h"

#include "host/boot_loader.h"
#include "host/durable_file.h"
#include "host/log.h"

namespace signalbox::host {

FirmwareUpdates::FirmwareUpdates(const Options& options, const char* own_version)
    : options_(options),
      own_version_(own_version),
      crash_(options.crash_at),
      store_(options.update_folder, crash_) {}

std::string FirmwareUpdates::open(const std::vector<std::string>& command_line) {
  const std::string no_keys = read_keys();
  if (!no_keys.empty()) return no_keys;
  const std::string no_folder = store_.open();
  if (!no_folder.empty()) return no_folder;
  BootRules rules;
  rules.good_after_ms = options_.confirm_after_ms;
  rules.confirm_within_ms = options_.give_up_after_ms;
  bool safe_mode = false;
  if (options_.started_by.empty()) {
    safe_mode = load_image(store_, {command_line, own_version_, rules});
  } else {
    crash_.pass("first_start");
  }
  guard_ = std::make_unique<BootGuard>(store_, own_version_, rules);
  guard_->start_counted(safe_mode);
  if (safe_mode) log_line("safe mode, only updates served");
  return "";
}

UpdateReceiver& FirmwareUpdates::serve(const UnitIdentity& identity) {
  receiver_ = std::make_unique<UpdateReceiver>(identity, trust_, store_, *guard_);
  return *receiver_;
}

void FirmwareUpdates::leave_in_good_order() {
  if (receiver_) return receiver_->leave_in_good_order();
  if (guard_) guard_->leave_in_good_order();
}

std::string FirmwareUpdates::read_keys() {
  for (const std::string& path : options_.update_keys) {
    if (!parse_update_key(read_small_file(path).c_str(), trust_.keys[trust_.count])) {
      return path + " holds no public key: 88 characters of base64";
    }
    ++trust_.count;
  }
  return "";
}

}  // namespace signalbox::host
