// Numbers modulo 2^255 - 19. In constant time: nothing branches on a value or looks one
// up.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/limb_product.h"

namespace signalbox {

// Any number below 2^260 and a little: the lowest limbs may be slightly longer than 13
// bits, by bounds that each operation keeps (at most 10,015 here, and 8,237 in limb 1).
struct Field25519 {
  static constexpr size_t kBytes = 32;

  uint16_t limbs[kLimbs];

  // Little-endian, as RFC 7748 has them; the highest bit is left out.
  void load(const uint8_t bytes[kBytes]);
  // The number below 2^255 - 19.
  void store(uint8_t bytes[kBytes]) const;

  void set(uint16_t small);
  // Each of these may overwrite its input.
  void add(const Field25519& a, const Field25519& b);
  void subtract(const Field25519& a, const Field25519& b);
  void multiply(const Field25519& a, const Field25519& b);
  void square(const Field25519& a);
  // By (486662 - 2) / 4.
  void multiply_by_a24(const Field25519& a);
};

// Swaps the two if `bit` is 1, in constant time.
void swap_if(uint32_t bit, Field25519& a, Field25519& b);

}  // namespace signalbox
