// Runs a function on another stack: the Arduino core gives the loop 4 KB, of which a
// signature takes nearly all.
#pragma once

#include <stddef.h>

namespace signalbox::esp8266 {

// What a signature takes, and some for interrupts, which use the stack that they find.
constexpr size_t kDeepStackBytes = 5120;

// `top` is behind the last byte of the stack, at a multiple of 16.
void call_on_stack(void (*work)(void*), void* with, void* top);

}  // namespace signalbox::esp8266
