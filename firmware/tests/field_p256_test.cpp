// What a signature is calculated with: numbers modulo the prime of P-256 and its order.
#include "core/field_p256.h"

#include <doctest/doctest.h>
#include <string.h>

#include <array>
#include <random>

#include "core/scalar_p256.h"

using namespace signalbox;

namespace {

// The modulus, and what of a number is left below it, by the schoolbook.
using Wide = std::array<uint32_t, 9>;
constexpr Wide kPrime = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 1, 0xFFFFFFFF, 0};

Wide sum_of(const Wide& a, const Wide& b, bool minus) {
  Wide out = {};
  int64_t carry = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    carry += static_cast<int64_t>(a[i]) + (minus ? -int64_t{b[i]} : int64_t{b[i]});
    out[i] = static_cast<uint32_t>(carry & 0xFFFFFFFF);
    carry >>= 32;
  }
  return out;
}

Wide least(Wide of) {
  while (true) {
    const Wide less = sum_of(of, kPrime, true);
    if (less[8] >= 0x80000000) return of;
    of = less;
  }
}

Wide product_of(const Wide& a, const Wide& b) {
  Wide out = {};
  for (unsigned bit = 288; bit-- > 0;) {
    out = least(sum_of(out, out, false));
    if ((b[bit / 32] >> (bit % 32) & 1) != 0) out = least(sum_of(out, a, false));
  }
  return out;
}

Wide wide(const FieldP256& from) {
  Wide out = {};
  for (unsigned bit = 0; bit < 260; ++bit) {
    const uint32_t one = from.limbs[bit / 13] >> (bit % 13) & 1;
    out[bit / 32] |= one << (bit % 32);
  }
  return out;
}

void check_form(const FieldP256& value) {
  for (size_t i = 0; i < kLimbs; ++i) {
    REQUIRE(value.limbs[i] < (i == kLimbs - 1 ? 1u << 10 : 1u << 13));
  }
}

// Zero, ones, what is around the modulus and twice it, a full limb, anything.
FieldP256 operand(unsigned which, std::mt19937& random) {
  FieldP256 out;
  out.set_zero();
  const auto set = [&out](const Wide& from) {
    for (unsigned bit = 0; bit < 257; ++bit) {
      const uint32_t one = from[bit / 32] >> (bit % 32) & 1;
      out.limbs[bit / 13] = static_cast<uint16_t>(out.limbs[bit / 13] | one << bit % 13);
    }
  };
  Wide few = {};
  switch (which) {
    case 0:
      return out;
    case 1:
      for (uint16_t& limb : out.limbs) limb = 0x1FFF;
      out.limbs[kLimbs - 1] = 0x3FF;
      return out;
    case 2:
    case 3:
    case 4:
      few[0] = which - 2;
      set(sum_of(kPrime, few, which == 3));
      return out;
    case 5:
      set(sum_of(kPrime, kPrime, false));
      return out;
    default:
      if (which < 6 + kLimbs) {
        out.limbs[which - 6] = which - 6 == kLimbs - 1 ? 0x3FF : 0x1FFF;
        return out;
      }
      for (uint16_t& limb : out.limbs) limb = random() & 0x1FFF;
      out.limbs[kLimbs - 1] &= 0x3FF;
      return out;
  }
}

}  // namespace

TEST_CASE("the field keeps its form, and its numbers are those of the schoolbook") {
  std::mt19937 random(1);
  // 2^260, the radix, modulo the prime.
  Wide radix = {1};
  for (int i = 0; i < 260; ++i) radix = least(sum_of(radix, radix, false));
  constexpr unsigned kEdges = 6 + kLimbs;
  for (unsigned round = 0; round < kEdges * kEdges + 600; ++round) {
    CAPTURE(round);
    const bool is_edge = round < kEdges * kEdges;
    const FieldP256 a = operand(is_edge ? round / kEdges : kEdges, random);
    const FieldP256 b = operand(is_edge ? round % kEdges : kEdges, random);
    const Wide first = least(wide(a)), second = least(wide(b));
    FieldP256 out;
    out.add(a, b);
    check_form(out);
    CHECK(least(wide(out)) == least(sum_of(first, second, false)));
    out.subtract(a, b);
    check_form(out);
    CHECK(least(sum_of(wide(out), second, false)) == first);
    out.multiply(a, b);
    check_form(out);
    CHECK(product_of(least(wide(out)), radix) == product_of(first, second));
    CHECK(out.is_zero() == (least(wide(out)) == Wide{}));
    // Over what it reads.
    FieldP256 again = a;
    again.multiply(again, b);
    CHECK(again.limbs[0] == out.limbs[0]);
    again = b;
    again.subtract(a, again);
    out.subtract(a, b);
    CHECK(memcmp(&again, &out, sizeof out) == 0);
  }
}

TEST_CASE("an inverse of the order times its number is one") {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    uint8_t bytes[ScalarP256::kBytes] = {};
    // Short ones too, one among them.
    const size_t length = round == 0 ? 1 : 1 + random() % sizeof bytes;
    for (size_t i = 0; i < length; ++i) {
      bytes[sizeof bytes - 1 - i] = static_cast<uint8_t>(round == 0 ? 1 : random() | 1);
    }
    ScalarP256 number;
    (void)number.load(bytes);
    ScalarP256 inverse;
    inverse.invert(number);
    inverse.multiply(inverse, number);
    inverse.store(bytes);
    for (size_t i = 0; i < sizeof bytes; ++i) CHECK(bytes[i] == (i == 31 ? 1 : 0));
  }
}
