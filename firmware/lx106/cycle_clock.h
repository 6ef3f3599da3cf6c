// QEMU's clock, which ticks once per fixed number of the chip's instructions, and lines
// that print it: "<name> <ticks>".
#pragma once

#include <stdint.h>
#include <string.h>

#include "lx106/simulator.h"

namespace signalbox::lx106 {

inline uint32_t clock_now() {
  uint32_t count;
  asm volatile("rsr.ccount %0" : "=a"(count));
  return count;
}

inline void say_ticks(const char* name, uint32_t ticks) {
  const auto say = [](const char* text) {
    (void)simulator_write(1, text, static_cast<int>(strlen(text)));
  };
  char digits[12];
  char* at = digits + sizeof digits;
  *--at = '\0';
  do {
    *--at = static_cast<char>('0' + ticks % 10);
    ticks /= 10;
  } while (ticks > 0);
  say(name);
  say(" ");
  say(at);
  say("\n");
}

// A known number of instructions (ten million), by which ticks are converted.
inline void say_spin() {
  const uint32_t begin = clock_now();
  uint32_t turns = 5000000;
  asm volatile("1: addi %0, %0, -1\n   bnez %0, 1b" : "+a"(turns));
  say_ticks("spin", clock_now() - begin);
}

}  // namespace signalbox::lx106
