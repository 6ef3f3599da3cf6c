// The stack that the Arduino core gives the loop, and how much of it is not the unit's.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox::lx106 {

// CONT_STACKSIZE of the core's cont.h.
constexpr size_t kLoopStackBytes = 4096;

// The frames of loop() and of what it calls on the way to the unit, and those of the core
// above it. scripts/firmware-esp8266.mjs compares it with what the compiler says.
constexpr size_t kShellBytes = 256;

// What is below a write to a link: WiFiClient, lwIP's tcp_output and the SDK's way to the
// air. By the frames of the binary libraries it is some 800; read, not measured.
constexpr size_t kNetworkBytes = 1024;

// Always left: an interrupt uses the stack that it finds, with a frame of 256 bytes and
// its handler.
constexpr size_t kMarginBytes = 700;

// Whether that is left; a figure too small to be true is none.
constexpr bool leaves_margin(size_t used_bytes, size_t given_bytes) {
  return used_bytes > 256 && used_bytes + kMarginBytes <= given_bytes;
}
static_assert(leaves_margin(kLoopStackBytes - kMarginBytes, kLoopStackBytes));
static_assert(!leaves_margin(kLoopStackBytes - kMarginBytes + 1, kLoopStackBytes));
static_assert(!leaves_margin(0, kLoopStackBytes));

// Touches as much of the stack as the network does.
__attribute__((noinline)) inline void use_network_stack() {
  volatile uint8_t frame[kNetworkBytes];
  for (size_t i = 0; i < sizeof frame; ++i) frame[i] = 0;
}

}  // namespace signalbox::lx106
