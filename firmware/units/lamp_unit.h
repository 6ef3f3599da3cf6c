// The unit "lamp": an RGB lamp with the board services.
#pragma once

#include "core/unit.h"
#include "units/board/board_services.h"
#include "units/lamp.h"

namespace signalbox {

struct LampUnit {
  static constexpr const char* kModel = "rgb-lamp";
  static constexpr SessionPolicy kPolicy = SessionPolicy::kOnDemand;
  static constexpr int32_t kRedPin = 12;
  static constexpr int32_t kGreenPin = 13;
  static constexpr int32_t kBluePin = 14;

  LampUnit(const UnitIdentity& identity, const BoardPorts& ports, LampPort& lamp_port,
           const LampState& initial, const LinkProtection& protection)
      : lamp(lamp_port, initial),
        board(ports, 1u << kRedPin | 1u << kGreenPin | 1u << kBluePin),
        capabilities{&lamp,       &board.network, &board.system,
                     &board.pins, &board.uart,    &board.reset},
        unit(identity, capabilities, sizeof capabilities / sizeof capabilities[0],
             board.clock, board.restart, protection) {}

  Lamp lamp;
  BoardServices board;
  Capability* capabilities[1 + BoardServices::kCapabilities];
  Unit unit;
};

}  // namespace signalbox
