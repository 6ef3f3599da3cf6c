#include "esp8266/deep_call.h"

namespace signalbox::esp8266 {

// The chip's calling convention (CALL0): a1 is the stack pointer, a2 the first argument,
// and a function leaves a12 to a15 as they were.
void call_on_stack(void (*work)(void*), void* with, void* top) {
  asm volatile(
      "mov a12, a1\n"
      "mov a1, %2\n"
      "mov a2, %1\n"
      "callx0 %0\n"
      "mov a1, a12\n"
      :
      : "r"(work), "r"(with), "r"(top)
      : "a0", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12",
        "memory");
}

}  // namespace signalbox::esp8266
