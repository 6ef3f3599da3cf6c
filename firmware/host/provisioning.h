// What makes a process a unit that is provisioned like a board: settings in a file, a
// serial line, a network to join.
#pragma once

#include <memory>

#include "core/provisioner.h"
#include "host/options.h"
#include "host/serial_line.h"
#include "host/settings_file.h"
#include "host/virtual_wifi.h"

namespace signalbox::host {

class Provisioning {
 public:
  explicit Provisioning(const Options& options)
      : wifi_(options.access_point, options.bind), store_(file_) {}

  // Empty when it is ready, else one sentence that says why not.
  std::string open(const Options& options, const char* model, uint16_t port);

  const Settings& settings() const { return store_.settings(); }
  void keep_utc_offset(int32_t minutes) { store_.keep_utc_offset(minutes); }
  [[nodiscard]] bool forget() { return store_.forget(); }
  Provisioner& provisioner() { return *provisioner_; }
  // -1: no line.
  int serial_fd() const { return line_.fd(); }

 private:
  SettingsFile file_;
  SerialLine line_;
  VirtualWifi wifi_;
  SettingsStore store_;
  std::unique_ptr<Provisioner> provisioner_;
};

}  // namespace signalbox::host
