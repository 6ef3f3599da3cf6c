// The parts of an ESP8266 that the shell's drivers and its TCP link touch, with a clock
// that everything they do moves on: for the sources of esp8266/, compiled for a PC.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <functional>
#include <vector>

namespace signalbox::test {

class SimulatedChip {
 public:
  static constexpr uint64_t kRegisterNs = 50;

  // What a call costs whose code is in the flash and not in its cache, and how long an
  // interrupt of the radio takes: it comes as soon as it may.
  uint64_t miss_ns = 0;
  uint64_t radio_ns = 0;

  uint64_t now_ns = 0;
  bool is_masked = false;

  // A pin, of which the chip knows one: driven low or let go by the chip, and its level
  // otherwise said by what is attached to it.
  bool is_released = true;
  uint64_t released_ns = 0;
  std::function<bool()> level = [] { return true; };
  std::function<void(bool)> on_drive = [](bool) {};

  // Falling edges that the device makes, in nanoseconds from the release of the pin; an
  // interrupt that is attached by then sees them.
  std::vector<uint64_t> falls_ns;
  // How late the interrupt of each comes, where it does.
  std::function<uint64_t(size_t)> late_ns = [](size_t) { return uint64_t{0}; };
  void (*handler)() = nullptr;

  // UART1: when which byte went in.
  struct Filled {
    uint64_t at_ns;
    uint8_t byte;
  };
  std::vector<Filled> filled;
  size_t analog_writes = 0;

  // The flash behind the firmware, which an erasure fills with ones, and a write can only
  // take ones from.
  static constexpr size_t kSectorBytes = 4096;
  static constexpr uint64_t kEraseNs = 45000000;  // typical, by data sheets
  static constexpr uint64_t kPageNs = 700000;     // of 256 bytes
  std::vector<uint8_t> flash;
  size_t erasures = 0;
  bool fails_to_erase = false;

  void pass(uint64_t ns) { pass_until(now_ns + ns); }
  void pass_until(uint64_t until_ns) {
    while (next_fall_ < falls_ns.size() && !is_masked && is_released &&
           released_ns + falls_ns[next_fall_] <= until_ns) {
      now_ns = released_ns + falls_ns[next_fall_] + late_ns(next_fall_);
      ++next_fall_;
      if (handler != nullptr) handler();
    }
    if (now_ns < until_ns) now_ns = until_ns;
  }
  // What is in the flash.
  void enter_flash() { pass(miss_ns); }
  void touch_register() {
    pass(kRegisterNs);
    // The radio wants its turn all the time.
    if (!is_masked) pass(radio_ns);
  }
  void drive(bool high) {
    touch_register();
    if (high && !is_released) {
      released_ns = now_ns;
      next_fall_ = 0;
    }
    is_released = high;
    on_drive(high);
  }

 private:
  size_t next_fall_ = 0;
};

// The one that the program runs on; a test begins by making it new.
inline SimulatedChip& chip() {
  static SimulatedChip the_one;
  return the_one;
}
inline SimulatedChip& new_chip() {
  chip() = SimulatedChip();
  return chip();
}

}  // namespace signalbox::test
