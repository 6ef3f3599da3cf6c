// Numbers modulo the prime of the curve P-256 (FIPS 186-5), p = 2^256 - 2^224 + 2^192 +
// 2^96 - 1, in Montgomery's form with the radix R = 2^260. Not in constant time: for
// what is public.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/limb_product.h"

namespace signalbox {

// Any number below 2^257, so it may be up to 2 p too large: 13 bits in each limb, 10 in
// the last. Every operation keeps that.
struct FieldP256 {
  static constexpr size_t kBytes = 32;

  uint16_t limbs[kLimbs];

  // Big-endian, as SEC 1 has them; false where they are not below the modulus.
  [[nodiscard]] bool load(const uint8_t bytes[kBytes]);
  void set_zero();
  void set_one();
  bool is_zero() const;

  // Each of these may overwrite its input.
  void add(const FieldP256& a, const FieldP256& b);
  void subtract(const FieldP256& a, const FieldP256& b);
  void multiply(const FieldP256& a, const FieldP256& b);
};

// A number as it is kept in the flash (core/flash_table.h).
struct alignas(4) FieldP256Table {
  uint16_t limbs[kLimbs];

  FieldP256 read() const;
};

}  // namespace signalbox
