// What makes a process a unit that is provisioned like a board: a serial line, a network
// to join.
#pragma once

#include <memory>

#include "core/provisioner.h"
#include "host/options.h"
#include "host/serial_line.h"
#include "host/virtual_wifi.h"

namespace signalbox::host {

class Provisioning {
 public:
  // Both outlive it; the settings are loaded, and the network says which of them are in
  // use.
  Provisioning(const Options& options, SettingsStore& store, VirtualNetwork& network)
      : wifi_(options.access_point, network), store_(store), network_(network) {}

  // Empty if it is ready, else one sentence with the reason.
  std::string open(const Options& options, const char* model, uint16_t port);

  Provisioner& provisioner() { return *provisioner_; }
  // -1: no line.
  int serial_fd() const { return line_.fd(); }

 private:
  SerialLine line_;
  VirtualWifi wifi_;
  SettingsStore& store_;
  VirtualNetwork& network_;
  std::unique_ptr<Provisioner> provisioner_;
};

}  // namespace signalbox::host
