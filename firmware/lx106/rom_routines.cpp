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

// As above. By 0: all ones.
uint64_t divide(uint64_t dividend, uint64_t divisor) {
  uint64_t quotient = 0;
  uint64_t rest = 0;
  for (int bit = 63; bit >= 0; --bit) {
    rest = rest << 1 | (dividend >> bit & 1);
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= uint64_t{1} << bit;
    }
  }
  return quotient;
}

uint64_t magnitude(int64_t value) {
  return value < 0 ? 0u - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr uint64_t kHiddenBit = uint64_t{1} << 52;

uint64_t bits_of(double value) {
  uint64_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

double from_bits(uint64_t bits) {
  double value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
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

int64_t __divdi3(int64_t a, int64_t b) {
  const uint64_t quotient = divide(magnitude(a), magnitude(b));
  return static_cast<int64_t>((a < 0) != (b < 0) ? 0u - quotient : quotient);
}

// To the nearest double, halves to even. Only what the units divide: ordinary numbers
// whose quotient is one, and zeros.
double __divdf3(double a, double b) {
  const uint64_t sign = (bits_of(a) ^ bits_of(b)) & kSign;
  if ((bits_of(a) & ~kSign) == 0) return from_bits(sign);
  int exponent = static_cast<int>(bits_of(a) >> 52 & 0x7FF) -
                 static_cast<int>(bits_of(b) >> 52 & 0x7FF) + 1023;
  uint64_t rest = (bits_of(a) & (kHiddenBit - 1)) | kHiddenBit;
  const uint64_t divisor = (bits_of(b) & (kHiddenBit - 1)) | kHiddenBit;
  if (rest < divisor) {
    rest <<= 1;
    --exponent;
  }
  uint64_t quotient = 0;
  for (int bit = 0; bit < 53; ++bit) {
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
    rest <<= 1;
  }
  if (rest > divisor || (rest == divisor && (quotient & 1) != 0)) ++quotient;
  // A carry out of the rounding makes the exponent grow as well.
  return from_bits(sign | ((static_cast<uint64_t>(exponent - 1) << 52) + quotient));
}

// To the nearest double, halves to even (IEEE 754).
double __floatdidf(int64_t value) {
  uint64_t bits = 0;
  if (value != 0) {
    const uint64_t sign = value < 0 ? kSign : 0;
    uint64_t size = magnitude(value);
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
  return from_bits(bits);
}

double __floatsidf(int32_t value) { return __floatdidf(value); }

}  // extern "C"
