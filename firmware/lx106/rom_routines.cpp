// The integer and floating-point helpers that the ESP8266 keeps in its ROM, which the
// compiler's library therefore leaves out. Straightforward rather than fast.
#include <stdint.h>

namespace {

struct Division {
  uint32_t quotient;
  uint32_t rest;
};

// Schoolbook, one bit at a time. By 0: all ones.
Division divide(uint32_t dividend, uint32_t divisor) {
  Division out = {0, 0};
  for (int bit = 31; bit >= 0; --bit) {
    out.rest = out.rest << 1 | (dividend >> bit & 1);
    if (out.rest >= divisor) {
      out.rest -= divisor;
      out.quotient |= 1u << bit;
    }
  }
  return out;
}

uint32_t magnitude(int32_t value) {
  return value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
}

}  // namespace

extern "C" {

uint32_t __udivsi3(uint32_t a, uint32_t b) { return divide(a, b).quotient; }

uint32_t __umodsi3(uint32_t a, uint32_t b) { return divide(a, b).rest; }

int32_t __divsi3(int32_t a, int32_t b) {
  const uint32_t quotient = divide(magnitude(a), magnitude(b)).quotient;
  return static_cast<int32_t>((a < 0) != (b < 0) ? 0u - quotient : quotient);
}

// 64 x 64 bits by shifting and adding; the low 64 bits of the product.
int64_t __muldi3(int64_t a, int64_t b) {
  uint64_t left = static_cast<uint64_t>(a);
  uint64_t right = static_cast<uint64_t>(b);
  uint64_t product = 0;
  for (; right != 0; right >>= 1, left <<= 1) {
    if ((right & 1) != 0) product += left;
  }
  return static_cast<int64_t>(product);
}

// To the nearest double, halves to even (IEEE 754).
double __floatdidf(int64_t value) {
  uint64_t bits = 0;
  if (value != 0) {
    const uint64_t sign = value < 0 ? uint64_t{1} << 63 : 0;
    uint64_t size =
        value < 0 ? 0u - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    int exponent = 63;
    while (size >> 63 == 0) {
      size <<= 1;
      --exponent;
    }
    // 53 bits stay; the 11 below round. A carry out of them grows the exponent as well.
    uint64_t kept = size >> 11;
    const uint64_t below = size & 0x7FF;
    if (below > 0x400 || (below == 0x400 && (kept & 1) != 0)) ++kept;
    bits = sign | ((static_cast<uint64_t>(exponent + 1022) << 52) + kept);
  }
  double out;
  __builtin_memcpy(&out, &bits, sizeof out);
  return out;
}

}  // extern "C"
