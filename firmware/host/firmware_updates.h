// Updates of a unit on a PC: its images, whom it trusts, and how it came up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/update_receiver.h"
#include "host/image_store.h"
#include "host/options.h"

namespace signalbox::host {

class FirmwareUpdates {
 public:
  FirmwareUpdates(const Options& options, const char* own_version);

  // Reads the keys and starts the image that is due; returns if that is this program,
  // with nothing, or with the error.
  std::string open(const std::vector<std::string>& command_line);

  bool is_safe_mode() const { return guard_ && guard_->is_safe_mode(); }

  // For the unit, which `identity` outlives.
  UpdateReceiver& serve(const UnitIdentity& identity);

  // The unit is ended on purpose.
  void leave_in_good_order();

 private:
  std::string read_keys();

  const Options& options_;
  const char* own_version_;
  const CrashPoint crash_;
  ImageStore store_;
  UpdateTrust trust_;
  std::unique_ptr<BootGuard> guard_;
  std::unique_ptr<UpdateReceiver> receiver_;
};

}  // namespace signalbox::host
