// The unit "button": a push button with the board services. It holds its session, since
// events are reported when they happen or not at all.
#pragma once

#include "core/unit.h"
#include "units/button.h"
#include "units/capability_table.h"

namespace signalbox {

struct ButtonUnit {
  static constexpr const char* kModel = "button";
  static constexpr SessionPolicy kPolicy = SessionPolicy::kHeld;
  // The "flash" button of both boards: pressed at boot it would stop the boot, so it is
  // not among the free pins anyway.
  static constexpr int32_t kButtonPin = 0;

  ButtonUnit(const UnitIdentity& identity, const BoardPorts& ports,
             ButtonPort& button_port, const LinkProtection& protection)
      : button(button_port),
        board(ports, 1u << kButtonPin),
        capabilities(button, board),
        unit(identity, capabilities.items, CapabilityTable::kCount, board.clock,
             board.restart, protection) {}

  Button button;
  BoardServices board;
  CapabilityTable capabilities;
  Unit unit;
};

}  // namespace signalbox
