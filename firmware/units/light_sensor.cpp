#include "units/light_sensor.h"

#include "core/value.h"

namespace signalbox {
namespace {

constexpr double kMaxLux = 100000;
constexpr ValueSpec kLux SIGNALBOX_FLASH = number_value().in("lx").range(0, kMaxLux);

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    property(LightSensor::kIlluminance, "illuminance", "Illuminance",
             "sensor.illuminance", kLux, kReadable | kObservable)};

}  // namespace

AffordanceSpecs LightSensor::affordances() const { return kAffordances; }

Status LightSensor::read(uint8_t, uint64_t, Value& out) {
  if (lux_ < 0) return Status::kHardwareError;
  set_number(out, lux_);
  return Status::kOk;
}

uint32_t LightSensor::poll(uint64_t now_ms) {
  if (now_ms < next_ms_) return static_cast<uint32_t>(next_ms_ - now_ms);
  // Keeps to the grid of its period, and skips beats rather than catching up on them.
  next_ms_ += period_ms_;
  if (next_ms_ <= now_ms) next_ms_ = now_ms + period_ms_;
  const double lux = port_.read_lux(now_ms);
  if (lux != lux_) notifier().property_changed(kIlluminance);
  lux_ = lux > kMaxLux ? kMaxLux : lux;
  measured_ms_ = now_ms;
  return static_cast<uint32_t>(next_ms_ - now_ms);
}

}  // namespace signalbox
