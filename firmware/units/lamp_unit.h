// The unit "lamp": an RGB lamp with the board services.
#pragma once

#include "core/unit.h"
#include "units/capability_table.h"
#include "units/lamp.h"

namespace signalbox {

struct LampUnit {
  static constexpr const char* kModel = "rgb-lamp";
  static constexpr SessionPolicy kPolicy = SessionPolicy::kOnDemand;
  static constexpr int32_t kRedPin = 12;
  static constexpr int32_t kGreenPin = 13;
  static constexpr int32_t kBluePin = 14;
  // Of a lamp on three pins; one of WS2812 uses none of those that are free.
  static constexpr uint32_t kPwmPins = 1u << kRedPin | 1u << kGreenPin | 1u << kBluePin;

  LampUnit(const UnitIdentity& identity, const BoardPorts& ports, LampPort& lamp_port,
           const LampState& initial, const LinkProtection& protection,
           uint32_t own_pins = kPwmPins)
      : lamp(lamp_port, initial),
        board(ports, own_pins),
        capabilities(lamp, board),
        unit(identity, capabilities.items, CapabilityTable::kCount, board.clock,
             board.restart, protection) {}

  Lamp lamp;
  BoardServices board;
  CapabilityTable capabilities;
  Unit unit;
};

}  // namespace signalbox
