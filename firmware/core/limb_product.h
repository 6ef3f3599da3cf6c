// Products of numbers of 20 limbs of 13 bits, for a processor that multiplies 16 by 16
// bits: a column of a product fits 32 bits. In constant time.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

constexpr size_t kLimbs = 20;
constexpr unsigned kLimbBits = 13;
constexpr uint32_t kLimbMask = (1u << kLimbBits) - 1;
constexpr size_t kProductLimbs = 2 * kLimbs;

// A limb of a factor may be slightly longer than 13 bits: at most 10,015, and 8,237 in
// limb 1. Those of the product, 2 * kLimbs, are not. It is none of the factors.
void multiply_limbs(const uint16_t* a, const uint16_t* b, uint16_t* __restrict out);
void square_limbs(const uint16_t* a, uint16_t* __restrict out);

}  // namespace signalbox
