// The boot record in the memory of the real-time clock: it outlives every restart but a
// loss of power, after which the running firmware counts as confirmed and its starts as
// good.
#pragma once

#include "core/boot_port.h"

namespace signalbox::esp8266 {

class RtcBoot final : public BootPort {
 public:
  void load(BootRecord& out) override;
  bool store(const BootRecord& record) override;
  // The flash holds one firmware; the one before is overwritten.
  bool can_roll_back() override { return false; }
  bool roll_back(const BootRecord&) override { return false; }
};

}  // namespace signalbox::esp8266
