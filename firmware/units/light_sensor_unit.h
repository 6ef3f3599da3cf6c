// The unit "light_sensor": streams illuminance, with the board services.
#pragma once

#include "core/unit.h"
#include "units/capability_table.h"
#include "units/light_sensor.h"

namespace signalbox {

struct LightSensorUnit {
  static constexpr const char* kModel = "light-sensor";
  static constexpr SessionPolicy kPolicy = SessionPolicy::kHeld;
  static constexpr uint32_t kNoOwnPins = 0;  // the analog input is not a digital pin

  LightSensorUnit(const UnitIdentity& identity, const BoardPorts& ports, LightPort& light,
                  uint32_t period_ms, const LinkProtection& protection)
      : sensor(light, period_ms),
        board(ports, kNoOwnPins),
        capabilities(sensor, board),
        unit(identity, capabilities.items, CapabilityTable::kCount, board.clock,
             board.restart, protection) {}

  LightSensor sensor;
  BoardServices board;
  CapabilityTable capabilities;
  Unit unit;
};

}  // namespace signalbox
