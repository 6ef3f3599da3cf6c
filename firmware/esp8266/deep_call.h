// Runs a function on another stack: the Arduino core gives the loop 4 KB, and a signature
// takes more.
#pragma once

#include <stddef.h>

namespace signalbox::esp8266 {

// What a signature takes with BearSSL as the Arduino core builds it (4.4 KB), and some
// for interrupts, which use the stack that they find.
constexpr size_t kDeepStackBytes = 5632;

// `top` is behind the last byte of the stack, at a multiple of 16.
void call_on_stack(void (*work)(void*), void* with, void* top);

}  // namespace signalbox::esp8266
