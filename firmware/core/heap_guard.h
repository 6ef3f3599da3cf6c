// Handles low memory: the core allocates nothing after setup, but each connection uses
// memory of the network stack.
#pragma once

#include <stdint.h>

namespace signalbox {

enum class HeapVerdict : uint8_t { kEnough, kRefuseMore, kCloseAll };

// A connection of the ESP8266's lwIP may hold a window of 2,144 bytes and a send buffer
// of 1,072 (4 and 2 segments of 536), plus its control block: below this, another one
// could use up the memory.
constexpr uint32_t kHeapForAnotherLink = 8192;
// Below this the Wi-Fi driver begins to lose packets for lack of buffers; closing
// connections frees their memory.
constexpr uint32_t kHeapForAnyLink = 4096;

inline HeapVerdict assess_heap(uint32_t free_bytes) {
  if (free_bytes < kHeapForAnyLink) return HeapVerdict::kCloseAll;
  if (free_bytes < kHeapForAnotherLink) return HeapVerdict::kRefuseMore;
  return HeapVerdict::kEnough;
}

}  // namespace signalbox
