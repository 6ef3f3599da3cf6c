#include "host/stock_unit.h"

#include <unistd.h>

#include "host/virtual_button.h"
#include "host/virtual_climate.h"
#include "host/virtual_lamp.h"
#include "host/virtual_light.h"
#include "host/virtual_relay.h"
#include "units/button_unit.h"
#include "units/lamp_unit.h"
#include "units/light_sensor_unit.h"
#include "units/relay_unit.h"
#include "units/thermometer_unit.h"

namespace signalbox::host {
namespace {

// What all kinds have in common: a port and the unit of the core that uses it.
template <typename Port, typename CoreUnit>
class Attached : public StockUnit {
 public:
  Unit& unit() override { return core_->unit; }
  BoardServices& board() override { return core_->board; }

 protected:
  explicit Attached(Port port) : port_(std::move(port)) {}

  Port port_;
  std::unique_ptr<CoreUnit> core_;
};

class Lighting final : public Attached<VirtualLamp, LampUnit> {
 public:
  Lighting(const Options& options, const UnitIdentity& identity, const BoardPorts& ports,
           const LinkProtection& protection)
      : Attached(VirtualLamp(options.state_file)) {
    core_ = std::make_unique<LampUnit>(identity, ports, port_, port_.load(), protection);
  }
};

class LightSensing final : public Attached<VirtualLight, LightSensorUnit> {
 public:
  LightSensing(const Options& options, const UnitIdentity& identity,
               const BoardPorts& ports, const LinkProtection& protection)
      : Attached(VirtualLight(options.seed)) {
    core_ = std::make_unique<LightSensorUnit>(identity, ports, port_,
                                              options.illuminance_period_ms, protection);
  }
};

class ClimateSensing final : public Attached<VirtualClimate, ThermometerUnit> {
 public:
  ClimateSensing(const Options& options, const UnitIdentity& identity,
                 const BoardPorts& ports, const LinkProtection& protection)
      : Attached(VirtualClimate(options.seed)) {
    core_ = std::make_unique<ThermometerUnit>(identity, ports, port_,
                                              options.climate_period_ms, protection);
  }
};

class Switching final : public Attached<VirtualRelay, RelayUnit> {
 public:
  Switching(const Options& options, const UnitIdentity& identity, const BoardPorts& ports,
            const LinkProtection& protection)
      : Attached(VirtualRelay()) {
    core_ =
        std::make_unique<RelayUnit>(identity, ports, port_, options.relay, protection);
    core_->relay.begin();
  }
};

class Pressing final : public Attached<VirtualButton, ButtonUnit> {
 public:
  Pressing(const Options&, const UnitIdentity& identity, const BoardPorts& ports,
           const LinkProtection& protection)
      : Attached(VirtualButton()) {
    core_ = std::make_unique<ButtonUnit>(identity, ports, port_, protection);
  }
  int input() const override { return STDIN_FILENO; }
  bool read_input() override { return port_.read_words(STDIN_FILENO); }
};

template <typename Kind>
std::unique_ptr<StockUnit> build(const Options& options, const UnitIdentity& identity,
                                 const BoardPorts& ports,
                                 const LinkProtection& protection) {
  return std::make_unique<Kind>(options, identity, ports, protection);
}

constexpr StockKind kKinds[] = {
    {"light_sensor", LightSensorUnit::kModel, LightSensorUnit::kPolicy,
     build<LightSensing>},
    {"thermometer", ThermometerUnit::kModel, ThermometerUnit::kPolicy,
     build<ClimateSensing>},
    {"lamp", LampUnit::kModel, LampUnit::kPolicy, build<Lighting>},
    {"relay", RelayUnit::kModel, RelayUnit::kPolicy, build<Switching>},
    {"button", ButtonUnit::kModel, ButtonUnit::kPolicy, build<Pressing>},
};

}  // namespace

const StockKind* find_stock_kind(const std::string& name) {
  for (const StockKind& kind : kKinds) {
    if (name == kind.name) return &kind;
  }
  return nullptr;
}

}  // namespace signalbox::host
