// A sensor of the air, of any make: a measurement is started, then polled until it is
// done. Nothing here waits.
#pragma once

#include <stdint.h>

namespace signalbox {

// In whole numbers, since the chip has no floating point unit.
struct ClimateSample {
  int32_t celsius_e4 = 0;  // ten-thousandths of a degree
  int32_t percent_e2 = 0;  // hundredths of a percent of relative humidity
  int32_t pascal = 0;
};

class ClimateDriver {
 public:
  enum class [[nodiscard]] Progress : uint8_t{kBusy, kDone, kFailed};

  // 1: temperature; 2: and humidity; 3: and pressure.
  virtual uint8_t quantities() const = 0;

  virtual void begin(uint64_t now_ms) = 0;

  // After begin(), until it is not kBusy any more; then `out` is filled on kDone. While
  // kBusy, `wait_ms` is the time after which to ask again; 0: at once, with a turn for
  // everything else between. One call takes at most 1 ms of the chip's time.
  virtual Progress poll(uint64_t now_ms, uint32_t& wait_ms, ClimateSample& out) = 0;

 protected:
  ~ClimateDriver() = default;
};

}  // namespace signalbox
