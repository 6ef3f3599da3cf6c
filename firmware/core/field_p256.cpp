#include "core/field_p256.h"

#include <string.h>

#include "core/flash_table.h"

namespace signalbox {
namespace {

constexpr FieldP256Table kModulus SIGNALBOX_FLASH = {
    {0x1FFF, 0x1FFF, 0x1FFF, 0x1FFF, 0x1FFF, 0x1FFF, 0x1FFF, 0x001F, 0x0000, 0x0000,
     0x0000, 0x0000, 0x0000, 0x0000, 0x0400, 0x0000, 0x0000, 0x1FF8, 0x1FFF, 0x01FF}};
// R^2 modulo p.
constexpr FieldP256Table kSquaredRadix SIGNALBOX_FLASH = {
    {0x0300, 0x0000, 0x0000, 0x0000, 0x0000, 0x1F80, 0x1FFF, 0x1FFF, 0x1FFB, 0x1FFF,
     0x1FBF, 0x1FFF, 0x1FFF, 0x1FFF, 0x1FFF, 0x1FBF, 0x1FFF, 0x07FF, 0x0001, 0x0000}};

// Where the powers of two of the modulus are: the limb, and the bit within it.
constexpr size_t kLimb96 = 7, kLimb192 = 14, kLimb224 = 17, kLimb256 = 19;
constexpr unsigned kBit96 = 5, kBit192 = 10, kBit224 = 3, kBit256 = 9;
static_assert(kLimb96 * kLimbBits + kBit96 == 96 && kLimb192 * kLimbBits + kBit192 == 192,
              "places of the modulus");
static_assert(kLimb224 * kLimbBits + kBit224 == 224 &&
                  kLimb256 * kLimbBits + kBit256 == 256,
              "places of the modulus");

// The limbs of a + b or a - b from one to another, and the carry into the next.
template <bool kMinus>
int32_t combine_limbs(const uint16_t* a, const uint16_t* b, size_t from, size_t to,
                      int32_t carry, uint16_t* out) {
  for (size_t i = from; i < to; ++i) {
    carry += kMinus ? a[i] - b[i] : a[i] + b[i];
    out[i] = static_cast<uint16_t>(static_cast<uint32_t>(carry) & kLimbMask);
    carry >>= kLimbBits;  // towards minus infinity, in this compiler
  }
  return carry;
}

// a + b or a - b, plus `moduli` times the modulus. The caller ensures that the sum is
// neither negative nor 2^257.
template <bool kMinus>
void combine(const uint16_t* a, const uint16_t* b, int32_t moduli, uint16_t* out) {
  int32_t carry = combine_limbs<kMinus>(a, b, 0, kLimb96, -moduli, out);
  carry += moduli * (1 << kBit96);
  carry = combine_limbs<kMinus>(a, b, kLimb96, kLimb192, carry, out);
  carry += moduli * (1 << kBit192);
  carry = combine_limbs<kMinus>(a, b, kLimb192, kLimb224, carry, out);
  carry -= moduli * (1 << kBit224);
  carry = combine_limbs<kMinus>(a, b, kLimb224, kLimb256, carry, out);
  carry += moduli * (1 << kBit256);
  (void)combine_limbs<kMinus>(a, b, kLimb256, kLimbs, carry, out);
}

// Montgomery's reduction. Since p is -1 modulo 2^13, the multiple of it that clears a
// limb is that limb. (a b + m p) / R is below 2^254 + p for factors below 2^257.
void reduce(const uint16_t* product, uint16_t* limbs) {
  // The multiples, from kLimb256 on, with zeros where a column reaches beyond them.
  uint16_t padded[kLimb256 + kProductLimbs] = {};
  int32_t carry = 0;
  for (size_t i = 0; i < kProductLimbs; ++i) {
    const uint16_t* const at = padded + i;
    carry += product[i];
    carry += at[kLimb256 - kLimb96] << kBit96;
    carry += at[kLimb256 - kLimb192] << kBit192;
    carry -= at[kLimb256 - kLimb224] << kBit224;
    carry += at[0] << kBit256;
    const uint16_t limb = static_cast<uint16_t>(static_cast<uint32_t>(carry) & kLimbMask);
    if (i < kLimbs) {
      padded[kLimb256 + i] = limb;
    } else {
      limbs[i - kLimbs] = limb;
    }
    carry >>= kLimbBits;
  }
}

bool is_same(const FieldP256& a, const FieldP256& b) {
  return memcmp(a.limbs, b.limbs, sizeof a.limbs) == 0;
}

}  // namespace

FieldP256 FieldP256Table::read() const {
  const FieldP256Table copy = read_flash(*this);
  FieldP256 out;
  memcpy(out.limbs, copy.limbs, sizeof out.limbs);
  return out;
}

bool FieldP256::load(const uint8_t bytes[kBytes]) {
  uint32_t held = 0;
  unsigned held_bits = 0;
  size_t next = kBytes;
  for (uint16_t& limb : limbs) {
    while (held_bits < kLimbBits && next > 0) {
      held |= static_cast<uint32_t>(bytes[--next]) << held_bits;
      held_bits += 8;
    }
    limb = static_cast<uint16_t>(held & kLimbMask);
    held >>= kLimbBits;
    held_bits -= held_bits < kLimbBits ? held_bits : kLimbBits;
  }
  const FieldP256 modulus = kModulus.read();
  int order = 0;
  for (size_t i = kLimbs; i-- > 0 && order == 0;) order = limbs[i] - modulus.limbs[i];
  multiply(*this, kSquaredRadix.read());
  return order < 0;
}

void FieldP256::set_zero() { memset(limbs, 0, sizeof limbs); }

void FieldP256::set_one() {
  set_zero();
  limbs[0] = 1;
  multiply(*this, kSquaredRadix.read());
}

bool FieldP256::is_zero() const {
  FieldP256 plain;
  plain.set_zero();
  FieldP256 least = plain;
  plain.limbs[0] = 1;
  // Divided by R: below p + 1, so 0 or p where it is a multiple of p.
  plain.multiply(*this, plain);
  return is_same(plain, least) || is_same(plain, kModulus.read());
}

// Less as many moduli as there are 2^256 in the sum of the highest limbs.
void FieldP256::add(const FieldP256& a, const FieldP256& b) {
  const int32_t top = a.limbs[kLimbs - 1] + b.limbs[kLimbs - 1];
  combine<false>(a.limbs, b.limbs, -(top >> kBit256), limbs);
}

// With three more moduli, which are above 2^257, and then as above. The lower limbs may
// need a little more than one of the highest: that remains.
void FieldP256::subtract(const FieldP256& a, const FieldP256& b) {
  constexpr int32_t kMore = 3;
  const int32_t top =
      a.limbs[kLimbs - 1] - b.limbs[kLimbs - 1] + kMore * (1 << kBit256) - 2;
  combine<true>(a.limbs, b.limbs, kMore - (top >> kBit256), limbs);
}

void FieldP256::multiply(const FieldP256& a, const FieldP256& b) {
  uint16_t product[kProductLimbs];
  multiply_limbs(a.limbs, b.limbs, product);
  reduce(product, limbs);
}

}  // namespace signalbox
