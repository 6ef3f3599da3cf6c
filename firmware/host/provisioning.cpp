#include "host/provisioning.h"

#include "core/firmware_version.h"

namespace signalbox::host {

std::string Provisioning::open(const Options& options, const char* model, uint16_t port) {
  if (options.serial_fd >= 0) {
    line_.adopt(options.serial_fd);
  } else if (!options.serial_path.empty()) {
    const std::string no_line = line_.make(options.serial_path);
    if (!no_line.empty()) return no_line;
  }
  Settings known = store_.settings();
  known.network = network_.in_use();
  wifi_.join(known);
  const bool booted_by_hand = options.reset_reason == ResetReason::kPowerOn;
  const ProvisioningFacts facts = {
      options.id.c_str(), model, kFirmwareVersion, "host", port, booted_by_hand, true};
  provisioner_ =
      std::make_unique<Provisioner>(facts, ProvisionerPorts{line_, wifi_, store_});
  return "";
}

}  // namespace signalbox::host
