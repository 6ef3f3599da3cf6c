// How much stack a call uses: the memory below is painted before it, and inspected
// afterwards. Works if nothing else uses the stack meanwhile, as on the simulated chip.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox::lx106 {

class StackGauge {
 public:
  static constexpr size_t kReachBytes = 16384;

  // Runs the call and returns the bytes of stack that it touched, this frame not counted.
  template <typename Call>
  __attribute__((noinline)) static size_t measure(Call call) {
    volatile uint8_t* top;
    asm volatile("mov %0, a1" : "=a"(top));
    for (size_t depth = 1; depth <= kReachBytes; ++depth) *(top - depth) = kPaint;
    call();
    size_t used = kReachBytes;
    while (used > 0 && *(top - used) == kPaint) --used;
    return used;
  }

 private:
  static constexpr uint8_t kPaint = 0xA5;
};

}  // namespace signalbox::lx106
