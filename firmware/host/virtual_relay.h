// A relay one sees in the log.
#pragma once

#include "host/log.h"
#include "units/relay.h"

namespace signalbox::host {

class VirtualRelay final : public RelayPort {
 public:
  void set(bool on) override { log_line("relay on=%s", on ? "true" : "false"); }
};

}  // namespace signalbox::host
