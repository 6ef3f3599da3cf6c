#include "units/thermometer.h"

#include "core/value.h"

namespace signalbox {
namespace {

// The widest of what the three sensors measure.
constexpr ValueSpec kCelsius SIGNALBOX_FLASH = number_value().in("Cel").range(-55, 125);
constexpr ValueSpec kPercent SIGNALBOX_FLASH = number_value().in("%").range(0, 100);
constexpr ValueSpec kHectopascal SIGNALBOX_FLASH =
    number_value().in("hPa").range(300, 1100);

constexpr uint8_t kAccess = kReadable | kObservable;

// In the order in which sensors have them.
constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    property(Thermometer::kTemperature, "temperature", "Temperature",
             "sensor.temperature", kCelsius, kAccess),
    property(Thermometer::kHumidity, "humidity", "Humidity", "sensor.humidity", kPercent,
             kAccess),
    property(Thermometer::kPressure, "pressure", "Air pressure", "sensor.pressure",
             kHectopascal, kAccess),
};

uint32_t until(uint64_t due_ms, uint64_t now_ms) {
  return due_ms > now_ms ? static_cast<uint32_t>(due_ms - now_ms) : 0;
}

}  // namespace

AffordanceSpecs Thermometer::affordances() const {
  return AffordanceSpecs(kAffordances, driver_.quantities());
}

Status Thermometer::read(uint8_t pid, uint64_t, Value& out) {
  if (!has_sample_ || failures_ >= kFailuresToReport) return Status::kHardwareError;
  switch (pid) {
    case kTemperature:
      set_number(out, sample_.celsius_e4 / 10000.0);
      return Status::kOk;
    case kHumidity:
      set_number(out, sample_.percent_e2 / 100.0);
      return Status::kOk;
    default:
      set_number(out, sample_.pascal / 100.0);
      return Status::kOk;
  }
}

uint32_t Thermometer::poll(uint64_t now_ms) {
  if (!measuring_) {
    if (now_ms < next_ms_) return until(next_ms_, now_ms);
    next_ms_ += period_ms_;
    if (next_ms_ <= now_ms) next_ms_ = now_ms + period_ms_;
    driver_.begin(now_ms);
    measuring_ = true;
    look_ms_ = now_ms;
  }
  if (now_ms < look_ms_) return until(look_ms_, now_ms);
  ClimateSample sample;
  uint32_t wait_ms = 0;
  switch (driver_.poll(now_ms, wait_ms, sample)) {
    case ClimateDriver::Progress::kBusy:
      look_ms_ = now_ms + wait_ms;
      return wait_ms;
    case ClimateDriver::Progress::kDone:
      store(sample, now_ms);
      break;
    case ClimateDriver::Progress::kFailed:
      fail();
      break;
  }
  measuring_ = false;
  return until(next_ms_, now_ms);
}

void Thermometer::store(const ClimateSample& sample, uint64_t now_ms) {
  // Back from a failure, everything is news.
  const bool is_back = !has_sample_ || failures_ >= kFailuresToReport;
  const uint8_t quantities = driver_.quantities();
  if (is_back || sample.celsius_e4 != sample_.celsius_e4) {
    notifier().property_changed(kTemperature);
  }
  if (quantities > 1 && (is_back || sample.percent_e2 != sample_.percent_e2)) {
    notifier().property_changed(kHumidity);
  }
  if (quantities > 2 && (is_back || sample.pascal != sample_.pascal)) {
    notifier().property_changed(kPressure);
  }
  sample_ = sample;
  has_sample_ = true;
  failures_ = 0;
  measured_ms_ = now_ms;
}

void Thermometer::fail() {
  if (failures_ < kFailuresToReport) ++failures_;
}

}  // namespace signalbox
