// A 1-Wire line with a clock of its own and a DS18B20 on it, to the microsecond: what the
// master does too early, too late, too short or too long is noted as a violation of the
// data sheet's windows. What the flash's cache costs comes on top: each step on the line
// takes `step_us` longer than it should, and each slot begins `miss_us` late.
#pragma once

#include <string>
#include <vector>

#include "units/drivers/one_wire.h"
#include "units/drivers/one_wire_slots.h"

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
  double now_us = 0;
  double step_us = 0;
  // Its own times, the latest and the shortest that the data sheet allows: when it
  // answers a reset and for how long; and how long it holds a zero, which is not certain
  // for as long.
  double presence_after_us = 60;
  double presence_us = 60;
  double holds_zero_us = 60;
  double miss_us = 0;

  uint64_t now_ms() const { return static_cast<uint64_t>(now_us / 1000); }
  void let_pass_ms(uint64_t ms) { now_us += static_cast<double>(ms) * 1000; }

  bool is_high() override { return Line{*this}.is_high(); }
  bool reset() override {
    Line line = begin_slot();
    return one_wire_reset(line);
  }
  void write_bit(bool bit) override {
    Line line = begin_slot();
    one_wire_write(line, bit);
  }
  bool read_bit() override {
    Line line = begin_slot();
    return one_wire_read(line);
  }

  // The line itself, for a port that has a clock of its own: it sets now_us before.
  struct Line {
    FakeOneWire& of;
    void drive_low() { of.drive_low(); }
    void release() { of.release(); }
    bool is_high() { return of.level(); }
    void wait_us(uint32_t us) { of.now_us += us + of.step_us; }
    void mask() { of.mask(); }
    void unmask() { of.unmask(); }
  };
  Line line() { return Line{*this}; }

 private:
  Line begin_slot() {
    now_us += miss_us;
    return Line{*this};
  }

  void drive_low() {
    now_us += step_us;
    if (is_low_) violations.push_back("driven twice");
    // At least 1 us of recovery, and no slot before the last has had its 60 us.
    if (began_once_ && now_us < recovered_us_) violations.push_back("too early");
    is_low_ = true;
    fell_us_ = now_us;
    sends_zero_ = is_reading_ && !next_bit();
  }

  void release() {
    now_us += step_us;
    if (!is_low_) violations.push_back("released twice");
    is_low_ = false;
    rose_us_ = now_us;
    began_once_ = true;
    const double low_us = now_us - fell_us_;
    if (low_us >= 480) return receive_reset(low_us);
    recovered_us_ = fell_us_ + 61;
    if (is_reading_) {
      if (low_us < 1 || low_us > 14) violations.push_back("read slot begun too long");
      return;
    }
    // The chip samples between 15 and 60 us after the edge.
    if (low_us >= 1 && low_us < 15) {
      receive_bit(true);
    } else if (low_us >= 60 && low_us <= 120) {
      receive_bit(false);
      recovered_us_ = now_us + 1;
    } else {
      violations.push_back("neither a 0 nor a 1");
    }
  }

  bool level() {
    now_us += step_us;
    if (is_low_ || is_shorted) return false;
    if (!is_present) return true;
    if (now_us >= presence_from_us_ && now_us < presence_until_us_) return false;
    if (is_reading_ && now_us - fell_us_ < 60) {
      // What the chip says is certain for less than this.
      if (now_us - fell_us_ >= 15) violations.push_back("sampled too late");
      // The pull-up lifts what the line itself holds, 0.5 nF in 2 us.
      if (now_us - rose_us_ < 2.5) return false;
      return !sends_zero_ || now_us - fell_us_ >= holds_zero_us;
    }
    return true;
  }

  void mask() {
    if (is_exact_) violations.push_back("exact within exact");
    is_exact_ = true;
    exact_since_us_ = now_us;
  }
  void unmask() {
    if (now_us - exact_since_us_ > 80) violations.push_back("exact for too long");
    is_exact_ = false;
  }

  void receive_reset(double low_us) {
    if (low_us > 960) violations.push_back("a reset long enough to cut the supply");
    ++resets;
    is_reading_ = false;
    bits_ = 0;
    byte_ = 0;
    // Presence: 15 to 60 us after the release, for 60 to 240 us. At the latest and the
    // shortest it ends 75 us after, at the earliest it begins 15 us after.
    presence_from_us_ = now_us + presence_after_us;
    presence_until_us_ = presence_from_us_ + presence_us;
    recovered_us_ = now_us + 480;
  }
  void receive_bit(bool bit) {
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
  double fell_us_ = 0;
  double rose_us_ = 0;
  double recovered_us_ = 0;
  double exact_since_us_ = 0;
  double presence_from_us_ = 0;
  double presence_until_us_ = 0;
};

}  // namespace signalbox::test
