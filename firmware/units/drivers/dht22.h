// Temperature and humidity by a DHT22 (AM2302).
#pragma once

#include <stddef.h>

#include "units/drivers/climate_driver.h"

namespace signalbox {

// One line with a pull-up whose falling edges are timed by the hardware or an interrupt,
// while the program goes on.
class PulsePort {
 public:
  virtual void pull_low() = 0;
  // Releases the line, and times its falling edges from now on.
  virtual void release_and_time() = 0;
  // Ends that. Copies the times between one falling edge and the next, in microseconds,
  // and returns how many there were; those beyond `capacity` are counted, not copied.
  virtual size_t read_intervals_us(uint16_t* into, size_t capacity) = 0;

 protected:
  ~PulsePort() = default;
};

class Dht22 final : public ClimateDriver {
 public:
  // The sensor's answer, and 40 bits.
  static constexpr size_t kIntervals = 41;
  // The shortest interval between measurements in the data sheet.
  static constexpr uint32_t kShortestPeriodMs = 2000;

  explicit Dht22(PulsePort& port) : port_(port) {}

  uint8_t quantities() const override { return 2; }
  void begin(uint64_t now_ms) override;
  Progress poll(uint64_t now_ms, uint32_t& wait_ms, ClimateSample& out) override;

 private:
  enum class Step : uint8_t { kCalling, kListening, kEnd };

  PulsePort& port_;
  Step step_ = Step::kEnd;
  uint64_t step_since_ms_ = 0;
};

// False if the intervals are not those of a complete answer with the right checksum.
[[nodiscard]] bool decode_dht22(const uint16_t* intervals_us, size_t count,
                                ClimateSample& out);

}  // namespace signalbox
