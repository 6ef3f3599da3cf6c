#include "units/drivers/ds18b20.h"

namespace signalbox {
namespace {

// ROM and function commands of the data sheet.
constexpr uint8_t kSkipRom = 0xCC;
constexpr uint8_t kConvertT = 0x44;
constexpr uint8_t kReadScratchpad = 0xBE;

// Byte 4 of the scratchpad: 0 R1 R0 1 1 1 1 1.
constexpr uint8_t kConfigurationFixedMask = 0x9F;
constexpr uint8_t kConfigurationFixed = 0x1F;

// The register also contains 85 degrees before the first conversion: a sensor that lost
// its supply for a moment returns it.
constexpr int32_t kPowerOnRaw = 85 * 16;
constexpr int32_t kNearPowerOnRaw = 80 * 16;

}  // namespace

void Ds18b20::begin(uint64_t) { step_ = Step::kReset; }

ClimateDriver::Progress Ds18b20::poll(uint64_t now_ms, uint32_t& wait_ms,
                                      ClimateSample& out) {
  wait_ms = 0;
  switch (step_) {
    case Step::kReset:
      return reset_or_fail(Step::kAddress, wait_ms);
    case Step::kAddress:
      bus_.write_byte(kSkipRom);
      step_ = Step::kConvert;
      return Progress::kBusy;
    case Step::kConvert:
      bus_.write_byte(kConvertT);
      converting_since_ms_ = now_ms;
      step_ = Step::kConverting;
      wait_ms = kConversionMs;
      return Progress::kBusy;
    case Step::kConverting: {
      const uint64_t since_ms = now_ms - converting_since_ms_;
      // One millisecond more, since it began somewhere within one.
      if (since_ms > kConversionMs) return reset_or_fail(Step::kSecondAddress, wait_ms);
      wait_ms = kConversionMs + 1 - static_cast<uint32_t>(since_ms);
      return Progress::kBusy;
    }
    case Step::kSecondAddress:
      bus_.write_byte(kSkipRom);
      step_ = Step::kRequestScratchpad;
      return Progress::kBusy;
    case Step::kRequestScratchpad:
      bus_.write_byte(kReadScratchpad);
      bytes_read_ = 0;
      step_ = Step::kReadScratchpad;
      return Progress::kBusy;
    case Step::kReadScratchpad:
      scratchpad_[bytes_read_++] = bus_.read_byte();
      return bytes_read_ < kScratchpadBytes ? Progress::kBusy : read_scratchpad(out);
    case Step::kSecondReset:
    case Step::kEnd:
      break;
  }
  return Progress::kFailed;
}

ClimateDriver::Progress Ds18b20::reset_or_fail(Step next, uint32_t& wait_ms) {
  if (!bus_.reset()) {
    step_ = Step::kEnd;
    return Progress::kFailed;
  }
  static_assert(OneWireBus::kRestAfterResetUs < 1000, "a millisecond must be enough");
  wait_ms = 2;  // ends at least 1 ms from now
  step_ = next;
  return Progress::kBusy;
}

ClimateDriver::Progress Ds18b20::read_scratchpad(ClimateSample& out) {
  step_ = Step::kEnd;
  if (one_wire_crc(scratchpad_, kScratchpadBytes) != 0) return Progress::kFailed;
  const uint8_t configuration = scratchpad_[4];
  // Nine zeros have the right CRC.
  if ((configuration & kConfigurationFixedMask) != kConfigurationFixed) {
    return Progress::kFailed;
  }
  const uint32_t bits = static_cast<uint32_t>(scratchpad_[1]) << 8 | scratchpad_[0];
  int32_t raw = static_cast<int32_t>(bits) - ((bits & 0x8000u) != 0 ? 0x10000 : 0);
  // Below 12 bits of resolution the lowest ones are undefined.
  const int32_t undefined_bits = 3 - (configuration >> 5 & 3);
  raw -= raw & ((1 << undefined_bits) - 1);
  const bool is_power_on = raw == kPowerOnRaw && last_raw_ < kNearPowerOnRaw;
  if (is_power_on) return Progress::kFailed;
  last_raw_ = raw;
  out.celsius_e4 = raw * 625;
  return Progress::kDone;
}

}  // namespace signalbox
