// Handling of secrets.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

// Overwrites; volatile, so that the compiler does not omit it as having no effect.
inline void wipe(void* what, size_t size) {
  volatile uint8_t* at = static_cast<volatile uint8_t*>(what);
  for (size_t i = 0; i < size; ++i) at[i] = 0;
}

// Compares every byte in constant time: the duration does not reveal where they differ.
[[nodiscard]] inline bool equal_in_constant_time(const uint8_t* a, const uint8_t* b,
                                                 size_t size) {
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < size; ++i) {
    difference = static_cast<uint8_t>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace signalbox
