// The unit "relay": a switch with the board services. It holds its session, so that the
// base's absence means something.
#pragma once

#include "core/unit.h"
#include "units/capability_table.h"
#include "units/relay.h"

namespace signalbox {

struct RelayUnit {
  static constexpr const char* kModel = "relay";
  static constexpr SessionPolicy kPolicy = SessionPolicy::kHeld;
  static constexpr int32_t kRelayPin = 5;

  RelayUnit(const UnitIdentity& identity, const BoardPorts& ports, RelayPort& relay_port,
            const RelaySettings& settings, const LinkProtection& protection)
      : relay(relay_port, settings),
        board(ports, 1u << kRelayPin),
        capabilities(relay, board),
        unit(identity, capabilities.items, CapabilityTable::kCount, board.clock,
             board.restart, protection) {}

  Relay relay;
  BoardServices board;
  CapabilityTable capabilities;
  Unit unit;
};

}  // namespace signalbox
