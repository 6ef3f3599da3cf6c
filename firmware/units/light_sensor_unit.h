// The unit "light_sensor": streams illuminance, with the board services.
#pragma once

#include "core/unit.h"
#include "units/board/board_services.h"
#include "units/light_sensor.h"

namespace signalbox {

struct LightSensorUnit {
  static constexpr const char* kModel = "light-sensor";
  static constexpr SessionPolicy kPolicy = SessionPolicy::kHeld;
  static constexpr uint32_t kNoOwnPins = 0;  // the analog input is no digital pin

  LightSensorUnit(const UnitIdentity& identity, const BoardPorts& ports, LightPort& light,
                  uint32_t period_ms, const LinkProtection& protection)
      : sensor(light, period_ms),
        board(ports, kNoOwnPins),
        capabilities{&sensor,     &board.network, &board.system,
                     &board.pins, &board.uart,    &board.reset},
        unit(identity, capabilities, sizeof capabilities / sizeof capabilities[0],
             board.clock, board.restart, protection) {}

  LightSensor sensor;
  BoardServices board;
  Capability* capabilities[1 + BoardServices::kCapabilities];
  Unit unit;
};

}  // namespace signalbox
