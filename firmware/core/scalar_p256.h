// Numbers modulo the order n of the curve P-256 (FIPS 186-5). Not in constant time: for
// what is public.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

// Always below n.
struct ScalarP256 {
  static constexpr size_t kBytes = 32;
  static constexpr size_t kWords = 8;
  static constexpr unsigned kBits = 256;

  uint32_t words[kWords];  // the lowest first

  // Big-endian; false if not below n, in which case it is reduced.
  [[nodiscard]] bool load(const uint8_t bytes[kBytes]);
  bool is_zero() const;
  bool has_bit(unsigned at) const { return (words[at / 32] >> (at % 32) & 1) != 0; }

  // Each of these may overwrite its input.
  void multiply(const ScalarP256& a, const ScalarP256& b);
  // `a` is not 0.
  void invert(const ScalarP256& a);

  // Big-endian.
  void store(uint8_t bytes[kBytes]) const;
  // The number plus n; false if that needs more than 256 bits.
  [[nodiscard]] bool store_with_order(uint8_t bytes[kBytes]) const;
};

}  // namespace signalbox
