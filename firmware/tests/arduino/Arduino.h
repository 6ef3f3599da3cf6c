// What the shell uses of the Arduino core's Arduino.h, done by a simulated chip.
#pragma once

#include <string.h>

#include "tests/arduino/simulated_chip.h"

#define F_CPU 80000000L
#define LOW 0x0
#define HIGH 0x1
#define OUTPUT_OPEN_DRAIN 0x03
#define FALLING 0x02
#define IRAM_ATTR

namespace signalbox::test {

struct PinRegister {
  bool high;
  void operator=(uint32_t) const { chip().drive(high); }
};
struct UartRegister {
  int uart;
  void operator=(uint8_t byte) const {
    chip().touch_register();
    chip().filled.push_back({chip().now_ns, byte});
  }
};
inline uint32_t read_pins() {
  chip().touch_register();
  return chip().is_released && chip().level() ? 0xFFFF : 0;
}

}  // namespace signalbox::test

#define GPOS (signalbox::test::PinRegister{true})
#define GPOC (signalbox::test::PinRegister{false})
#define GPI (signalbox::test::read_pins())
#define USF(uart) (signalbox::test::UartRegister{uart})

inline uint32_t xt_rsil(uint32_t) {
  const uint32_t before = signalbox::test::chip().is_masked ? 15 : 0;
  signalbox::test::chip().is_masked = true;
  return before;
}
inline void xt_wsr_ps(uint32_t state) { signalbox::test::chip().is_masked = state != 0; }
inline uint32_t esp_get_cycle_count() {
  signalbox::test::chip().pass(signalbox::test::SimulatedChip::kRegisterNs);
  return static_cast<uint32_t>(signalbox::test::chip().now_ns * (F_CPU / 1000000) / 1000);
}

inline void pinMode(uint8_t, uint8_t) { signalbox::test::chip().enter_flash(); }
// These are in RAM.
inline void digitalWrite(uint8_t, uint8_t level) {
  signalbox::test::chip().drive(level != LOW);
}
inline int digitalRead(uint8_t) { return signalbox::test::read_pins() != 0 ? HIGH : LOW; }
inline unsigned long micros() {
  signalbox::test::chip().pass(signalbox::test::SimulatedChip::kRegisterNs);
  return static_cast<unsigned long>(signalbox::test::chip().now_ns / 1000);
}
inline unsigned long millis() { return micros() / 1000; }
// As core_esp8266_waveform_pwm.cpp of core 3.1.2: a new width is left for the timer's
// interrupt, and waited for until that begins a period of 1 ms.
inline void analogWriteRange(uint32_t) {}
inline void analogWrite(uint8_t, int) {
  constexpr uint64_t kPeriodNs = 1000000;
  signalbox::test::chip().enter_flash();
  const uint64_t now_ns = signalbox::test::chip().now_ns;
  signalbox::test::chip().pass(kPeriodNs - now_ns % kPeriodNs);
  ++signalbox::test::chip().analog_writes;
}
inline uint8_t digitalPinToInterrupt(uint8_t pin) { return pin; }
inline void attachInterrupt(uint8_t, void (*handler)(), int) {
  // Some lines of the cache, one after the other.
  for (int line = 0; line < 3; ++line) signalbox::test::chip().enter_flash();
  signalbox::test::chip().handler = handler;
}
inline void detachInterrupt(uint8_t) { signalbox::test::chip().handler = nullptr; }

class EspClass {
 public:
  static constexpr uint32_t kSketchBytes = 8192;

  uint32_t getSketchSize() { return kSketchBytes - 100; }
  uint32_t getFreeSketchSpace() {
    return static_cast<uint32_t>(signalbox::test::chip().flash.size()) - kSketchBytes;
  }
  bool flashEraseSector(uint32_t sector) {
    auto& on = signalbox::test::chip();
    const size_t from = sector * on.kSectorBytes;
    if (on.fails_to_erase || from < kSketchBytes || from >= on.flash.size()) return false;
    on.pass(on.kEraseNs);
    ++on.erasures;
    for (size_t i = 0; i < on.kSectorBytes; ++i) on.flash[from + i] = 0xFF;
    return true;
  }
  bool flashWrite(uint32_t address, const uint8_t* data, size_t size) {
    auto& on = signalbox::test::chip();
    if (address < kSketchBytes || address + size > on.flash.size()) return false;
    on.pass((size + 255) / 256 * on.kPageNs);
    for (size_t i = 0; i < size; ++i) on.flash[address + i] &= data[i];
    return true;
  }
  bool flashRead(uint32_t address, uint32_t* into, size_t size) {
    auto& on = signalbox::test::chip();
    if (address + size > on.flash.size()) return false;
    memcpy(into, on.flash.data() + address, size);
    return true;
  }
};
inline EspClass ESP;

enum SerialConfig { SERIAL_6N1 = 0x14 };
enum SerialMode { SERIAL_TX_ONLY = 2 };
struct SimulatedSerial {
  void begin(unsigned long, SerialConfig, SerialMode, int, bool) {}
};
inline SimulatedSerial Serial1;
