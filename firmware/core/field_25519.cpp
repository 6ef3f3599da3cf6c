#include "core/field_25519.h"

#include "core/limb_product.h"

namespace signalbox {
namespace {

// 2^260 modulo 2^255 - 19: what one in a limb above the last is worth.
constexpr uint32_t kFold = 19u << 5;
// Bits of the last limb that are below 2^255.
constexpr unsigned kTopBits = 255 - kLimbBits * (kLimbs - 1);
constexpr uint32_t kA24 = 121665;

// A carry out of the last limb, which is worth kFold in the first.
void fold(uint32_t carry, uint16_t* limbs) {
  carry = limbs[0] + kFold * carry;
  limbs[0] = static_cast<uint16_t>(carry & kLimbMask);
  carry = limbs[1] + (carry >> kLimbBits);
  limbs[1] = static_cast<uint16_t>(carry & kLimbMask);
  limbs[2] = static_cast<uint16_t>(limbs[2] + (carry >> kLimbBits));
}

// A product of twice as many limbs.
void reduce(const uint16_t* product, uint16_t* limbs) {
  uint32_t carry = 0;
  for (size_t i = 0; i < kLimbs; ++i) {
    carry += product[i] + kFold * product[i + kLimbs];
    limbs[i] = static_cast<uint16_t>(carry & kLimbMask);
    carry >>= kLimbBits;
  }
  fold(carry, limbs);
}

// All limbs to their 13 bits, and the number below 2^255 and a little.
void reduce_below_256_bits(uint16_t* limbs) {
  uint32_t carry = 19u * (limbs[kLimbs - 1] >> kTopBits);
  limbs[kLimbs - 1] &= (1u << kTopBits) - 1;
  for (size_t i = 0; i < kLimbs; ++i) {
    carry += limbs[i];
    limbs[i] = static_cast<uint16_t>(carry & kLimbMask);
    carry >>= kLimbBits;
  }
}

}  // namespace

void Field25519::load(const uint8_t bytes[kBytes]) {
  uint32_t held = 0;
  unsigned held_bits = 0;
  size_t next = 0;
  for (uint16_t& limb : limbs) {
    while (held_bits < kLimbBits && next < kBytes) {
      held |= static_cast<uint32_t>(bytes[next++]) << held_bits;
      held_bits += 8;
    }
    limb = static_cast<uint16_t>(held & kLimbMask);
    held >>= kLimbBits;
    held_bits -= held_bits < kLimbBits ? held_bits : kLimbBits;
  }
  limbs[kLimbs - 1] &= (1u << kTopBits) - 1;
}

void Field25519::store(uint8_t bytes[kBytes]) const {
  Field25519 least = *this;
  // The first leaves at most a bit above the 255th, the second none.
  reduce_below_256_bits(least.limbs);
  reduce_below_256_bits(least.limbs);
  // It is the modulus or more where 19 more do not fit 255 bits.
  Field25519 less_modulus;
  uint32_t carry = 19;
  for (size_t i = 0; i < kLimbs; ++i) {
    carry += least.limbs[i];
    less_modulus.limbs[i] = static_cast<uint16_t>(carry & kLimbMask);
    carry >>= kLimbBits;
  }
  const uint32_t is_more = less_modulus.limbs[kLimbs - 1] >> kTopBits;
  less_modulus.limbs[kLimbs - 1] &= (1u << kTopBits) - 1;
  swap_if(is_more, least, less_modulus);
  uint32_t held = 0;
  unsigned held_bits = 0;
  size_t next = 0;
  for (const uint16_t limb : least.limbs) {
    held |= static_cast<uint32_t>(limb) << held_bits;
    held_bits += kLimbBits;
    for (; held_bits >= 8 && next < kBytes; held_bits -= 8) {
      bytes[next++] = static_cast<uint8_t>(held);
      held >>= 8;
    }
  }
}

void Field25519::set(uint16_t small) {
  for (uint16_t& limb : limbs) limb = 0;
  limbs[0] = small;
}

void Field25519::add(const Field25519& a, const Field25519& b) {
  uint32_t carry = 0;
  for (size_t i = 0; i < kLimbs; ++i) {
    carry += static_cast<uint32_t>(a.limbs[i]) + b.limbs[i];
    limbs[i] = static_cast<uint16_t>(carry & kLimbMask);
    carry >>= kLimbBits;
  }
  limbs[0] = static_cast<uint16_t>(limbs[0] + kFold * carry);
}

// With 64 times the modulus, which is 2^261 - 2 * kFold, so that it stays positive.
void Field25519::subtract(const Field25519& a, const Field25519& b) {
  int32_t carry = -static_cast<int32_t>(2 * kFold);
  for (size_t i = 0; i < kLimbs; ++i) {
    carry += static_cast<int32_t>(a.limbs[i]) - b.limbs[i];
    limbs[i] = static_cast<uint16_t>(static_cast<uint32_t>(carry) & kLimbMask);
    carry >>= kLimbBits;  // towards minus infinity, in this compiler
  }
  const uint32_t above = static_cast<uint32_t>(carry + 2);
  limbs[0] = static_cast<uint16_t>(limbs[0] + kFold * above);
}

void Field25519::multiply(const Field25519& a, const Field25519& b) {
  uint16_t product[kProductLimbs];
  multiply_limbs(a.limbs, b.limbs, product);
  reduce(product, limbs);
}

void Field25519::square(const Field25519& a) {
  uint16_t product[kProductLimbs];
  square_limbs(a.limbs, product);
  reduce(product, limbs);
}

void Field25519::multiply_by_a24(const Field25519& a) {
  uint32_t carry = 0;
  for (size_t i = 0; i < kLimbs; ++i) {
    carry += kA24 * a.limbs[i];
    limbs[i] = static_cast<uint16_t>(carry & kLimbMask);
    carry >>= kLimbBits;
  }
  fold(carry, limbs);
}

void swap_if(uint32_t bit, Field25519& a, Field25519& b) {
  const uint32_t mask = 0u - bit;
  for (size_t i = 0; i < kLimbs; ++i) {
    const uint32_t difference = mask & (static_cast<uint32_t>(a.limbs[i]) ^ b.limbs[i]);
    a.limbs[i] = static_cast<uint16_t>(a.limbs[i] ^ difference);
    b.limbs[i] = static_cast<uint16_t>(b.limbs[i] ^ difference);
  }
}

}  // namespace signalbox
