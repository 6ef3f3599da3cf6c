// Temperature by a DS18B20 that is alone on its 1-Wire bus and has its own supply.
#pragma once

#include "units/drivers/climate_driver.h"
#include "units/drivers/one_wire.h"

namespace signalbox {

class Ds18b20 final : public ClimateDriver {
 public:
  static constexpr uint32_t kScratchpadBytes = 9;
  // Longest conversion, at 12 bits.
  static constexpr uint32_t kConversionMs = 750;

  explicit Ds18b20(OneWirePort& port) : bus_(port) {}

  uint8_t quantities() const override { return 1; }
  void begin(uint64_t now_ms) override;
  Progress poll(uint64_t now_ms, uint32_t& wait_ms, ClimateSample& out) override;

 private:
  // One reset or one byte per step, so that the network has a turn in between.
  enum class Step : uint8_t {
    kReset,
    kAddress,
    kConvert,
    kConverting,
    kSecondReset,
    kSecondAddress,
    kRequestScratchpad,
    kReadScratchpad,
    kEnd
  };
  Progress reset_or_fail(Step next, uint32_t& wait_ms);
  Progress read_scratchpad(ClimateSample& out);

  OneWireBus bus_;
  Step step_ = Step::kEnd;
  uint32_t bytes_read_ = 0;
  uint8_t scratchpad_[kScratchpadBytes] = {};
  uint64_t converting_since_ms_ = 0;
  int32_t last_raw_ = 0;  // in 1/16 degree
};

}  // namespace signalbox
