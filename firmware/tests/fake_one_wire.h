// A 1-Wire line with a clock of its own and a DS18B20 on it, to the microsecond: what the
// master does too early, too late, too short or too long is noted as a violation of the
// data sheet's windows.
#pragma once

#include <string>
#include <vector>

#include "units/drivers/one_wire.h"

namespace signalbox::test {

class FakeOneWire final : public OneWirePort {
 public:
  // The scratchpad as the chip would send it.
  std::vector<uint8_t> scratchpad = {0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0};
  bool is_present = true;
  bool is_shorted = false;

  std::vector<std::string> violations;
  std::vector<uint8_t> commands;
  int resets = 0;
  uint64_t now_us = 0;

  void let_pass_ms(uint64_t ms) { now_us += ms * 1000; }

  void drive_low() override {
    if (is_low_) violations.push_back("driven twice");
    // At least 1 us of recovery, and no slot before the last has had its 60 us.
    if (began_once_ && now_us < recovered_us_) violations.push_back("too early");
    is_low_ = true;
    fell_us_ = now_us;
    sends_zero_ = is_reading_ && !next_bit();
  }

  void release() override {
    if (!is_low_) violations.push_back("released twice");
    is_low_ = false;
    began_once_ = true;
    const uint64_t low_us = now_us - fell_us_;
    if (low_us >= 480) return take_reset(low_us);
    recovered_us_ = fell_us_ + 61;
    if (is_reading_) {
      if (low_us < 1 || low_us > 14) violations.push_back("read slot begun too long");
      return;
    }
    // The chip samples between 15 and 60 us after the edge.
    if (low_us >= 1 && low_us < 15) {
      take_bit(true);
    } else if (low_us >= 60 && low_us <= 120) {
      take_bit(false);
      recovered_us_ = now_us + 1;
    } else {
      violations.push_back("neither a 0 nor a 1");
    }
  }

  bool is_high() override {
    if (is_low_ || is_shorted) return false;
    if (!is_present) return true;
    if (now_us >= presence_from_us_ && now_us < presence_until_us_) return false;
    if (is_reading_ && now_us - fell_us_ < 60) {
      // What the chip says is certain only this long.
      if (now_us - fell_us_ > 15) violations.push_back("sampled too late");
      return !sends_zero_;
    }
    return true;
  }

  void wait_us(uint32_t us) override { now_us += us; }
  void begin_exact() override {
    if (is_exact_) violations.push_back("exact within exact");
    is_exact_ = true;
    exact_since_us_ = now_us;
  }
  void end_exact() override {
    if (now_us - exact_since_us_ > 80) violations.push_back("exact for too long");
    is_exact_ = false;
  }

 private:
  void take_reset(uint64_t low_us) {
    if (low_us > 960) violations.push_back("a reset long enough to cut the supply");
    ++resets;
    is_reading_ = false;
    bits_ = 0;
    byte_ = 0;
    // Presence: 15 to 60 us after the release, for 60 to 240 us. At the latest and the
    // shortest it ends 75 us after, at the earliest it begins 15 us after.
    presence_from_us_ = now_us + 60;
    presence_until_us_ = now_us + 60 + 60;
    recovered_us_ = now_us + 480;
  }
  void take_bit(bool bit) {
    if (bit) byte_ |= 1u << bits_;
    if (++bits_ < 8) return;
    commands.push_back(static_cast<uint8_t>(byte_));
    is_reading_ = byte_ == 0xBE;
    sent_bits_ = 0;
    bits_ = 0;
    byte_ = 0;
  }
  bool next_bit() {
    const size_t at = sent_bits_++;
    if (at / 8 >= scratchpad.size()) return true;
    return (scratchpad[at / 8] >> at % 8 & 1) != 0;
  }

  bool is_low_ = false;
  bool is_exact_ = false;
  bool is_reading_ = false;
  bool sends_zero_ = false;
  bool began_once_ = false;
  unsigned bits_ = 0;
  unsigned byte_ = 0;
  size_t sent_bits_ = 0;
  uint64_t fell_us_ = 0;
  uint64_t recovered_us_ = 0;
  uint64_t exact_since_us_ = 0;
  uint64_t presence_from_us_ = 0;
  uint64_t presence_until_us_ = 0;
};

}  // namespace signalbox::test
