// The unit "thermometer": streams temperature and whatever else its sensor measures, with
// the board services.
#pragma once

#include "core/unit.h"
#include "units/capability_table.h"
#include "units/thermometer.h"

namespace signalbox {

struct ThermometerUnit {
  static constexpr const char* kModel = "thermometer";
  static constexpr SessionPolicy kPolicy = SessionPolicy::kHeld;
  static constexpr int32_t kDataPin = 4;   // of a DHT22 or DS18B20; SDA of a BME280
  static constexpr int32_t kClockPin = 5;  // SCL of a BME280

  ThermometerUnit(const UnitIdentity& identity, const BoardPorts& ports,
                  ClimateDriver& driver, uint32_t period_ms,
                  const LinkProtection& protection)
      : thermometer(driver, period_ms),
        board(ports, 1u << kDataPin | 1u << kClockPin),
        capabilities(thermometer, board),
        unit(identity, capabilities.items, CapabilityTable::kCount, board.clock,
             board.restart, protection) {}

  Thermometer thermometer;
  BoardServices board;
  CapabilityTable capabilities;
  Unit unit;
};

}  // namespace signalbox
