// Which unit this image is, chosen by a build flag, and the hardware that it is attached
// to.
#pragma once

#include "core/unit.h"

#if defined(SIGNALBOX_UNIT_LAMP)
#if defined(SIGNALBOX_LAMP_WS2812)
#include "esp8266/ws2812_lamp.h"
#else
#include "esp8266/pwm_lamp.h"
#endif
#include "units/lamp_unit.h"
#elif defined(SIGNALBOX_UNIT_LIGHT_SENSOR)
#include "esp8266/photo_resistor.h"
#include "units/light_sensor_unit.h"
#elif defined(SIGNALBOX_UNIT_RELAY)
#include "esp8266/gpio_relay.h"
#include "units/relay_unit.h"
#elif defined(SIGNALBOX_UNIT_BUTTON)
#include "esp8266/gpio_button.h"
#include "units/button_unit.h"
#elif defined(SIGNALBOX_UNIT_THERMOMETER)
#if defined(SIGNALBOX_SENSOR_DHT22)
#include "esp8266/pulse_pin.h"
#include "units/drivers/dht22.h"
#elif defined(SIGNALBOX_SENSOR_DS18B20)
#include "esp8266/one_wire_pin.h"
#include "units/drivers/ds18b20.h"
#elif defined(SIGNALBOX_SENSOR_BME280)
#include "esp8266/wire_i2c.h"
#include "units/drivers/bme280.h"
#else
#error "Choose a sensor: SIGNALBOX_SENSOR_DHT22, _DS18B20 or _BME280"
#endif
#include "units/thermometer_unit.h"
#else
#error "Choose a unit: SIGNALBOX_UNIT_LAMP, _LIGHT_SENSOR, _THERMOMETER, _RELAY, _BUTTON"
#endif

namespace signalbox::esp8266 {

#if defined(SIGNALBOX_UNIT_LAMP)

using CoreUnit = LampUnit;
constexpr char kIdPattern[] = "lamp-%06x";

struct BoardUnit {
  static void apply_safe_state() {}
  BoardUnit(const UnitIdentity& identity, const BoardPorts& ports,
            const LinkProtection& protection)
      : core(identity, ports, lamp, LampState(), protection, kOwnPins) {
    lamp.begin();
  }
#if defined(SIGNALBOX_LAMP_WS2812)
  static constexpr uint32_t kOwnPins = 0;
  Ws2812Lamp lamp;
#else
  static constexpr uint32_t kOwnPins = LampUnit::kPwmPins;
  PwmLamp lamp;
#endif
  CoreUnit core;
};

#elif defined(SIGNALBOX_UNIT_LIGHT_SENSOR)

using CoreUnit = LightSensorUnit;
constexpr char kIdPattern[] = "light-%06x";
constexpr uint32_t kLightPeriodMs = 200;  // a busy converter disturbs the radio

struct BoardUnit {
  static void apply_safe_state() {}
  BoardUnit(const UnitIdentity& identity, const BoardPorts& ports,
            const LinkProtection& protection)
      : core(identity, ports, sensor, kLightPeriodMs, protection) {}
  PhotoResistor sensor;
  CoreUnit core;
};

#elif defined(SIGNALBOX_UNIT_RELAY)

using CoreUnit = RelayUnit;
constexpr char kIdPattern[] = "relay-%06x";

#if !defined(SIGNALBOX_RELAY_FAIL_SAFE_ON)
#define SIGNALBOX_RELAY_FAIL_SAFE_ON false
#endif
#if !defined(SIGNALBOX_RELAY_BASE_LOST_AFTER_MS)
#define SIGNALBOX_RELAY_BASE_LOST_AFTER_MS 0
#endif
#if !defined(SIGNALBOX_RELAY_MAX_ON_MS)
#define SIGNALBOX_RELAY_MAX_ON_MS 0
#endif

constexpr RelaySettings kRelaySettings = {SIGNALBOX_RELAY_FAIL_SAFE_ON,
                                          SIGNALBOX_RELAY_BASE_LOST_AFTER_MS,
                                          SIGNALBOX_RELAY_MAX_ON_MS};
static_assert(!kRelaySettings.fail_safe_on || kRelaySettings.max_on_ms == 0,
              "a relay that is safe when on cannot have a longest time on");

struct BoardUnit {
  static void apply_safe_state() { GpioRelay().set(kRelaySettings.fail_safe_on); }
  BoardUnit(const UnitIdentity& identity, const BoardPorts& ports,
            const LinkProtection& protection)
      : core(identity, ports, relay, kRelaySettings, protection) {
    core.relay.begin();
  }
  GpioRelay relay;
  CoreUnit core;
};

#elif defined(SIGNALBOX_UNIT_THERMOMETER)

using CoreUnit = ThermometerUnit;
constexpr char kIdPattern[] = "climate-%06x";
// Air does not change faster, and reading warms the sensor.
constexpr uint32_t kClimatePeriodMs = 5000;

#if defined(SIGNALBOX_SENSOR_DHT22)
using SensorPort = PulsePin;
using SensorDriver = Dht22;
static_assert(kClimatePeriodMs >= Dht22::kShortestPeriodMs, "asked too often");
#elif defined(SIGNALBOX_SENSOR_DS18B20)
using SensorPort = OneWirePin;
using SensorDriver = Ds18b20;
#else
using SensorPort = WireI2c;
using SensorDriver = Bme280;
#endif

struct BoardUnit {
  static void apply_safe_state() {}
  BoardUnit(const UnitIdentity& identity, const BoardPorts& ports,
            const LinkProtection& protection)
      : driver(port), core(identity, ports, driver, kClimatePeriodMs, protection) {
    port.begin();
  }
  SensorPort port;
  SensorDriver driver;
  CoreUnit core;
};

#else

using CoreUnit = ButtonUnit;
constexpr char kIdPattern[] = "button-%06x";

struct BoardUnit {
  static void apply_safe_state() {}
  BoardUnit(const UnitIdentity& identity, const BoardPorts& ports,
            const LinkProtection& protection)
      : core(identity, ports, button, protection) {
    button.begin();
  }
  GpioButton button;
  CoreUnit core;
};

#endif

}  // namespace signalbox::esp8266
