#include "core/limb_product.h"

namespace signalbox {
namespace {

constexpr size_t kColumns = 2 * kLimbs - 1;

#define SIGNALBOX_INLINE [[gnu::always_inline]] inline

// The products of column K of a * b, from limb I of a on, without a loop.
template <size_t K, size_t I, size_t End>
SIGNALBOX_INLINE uint32_t product_column(const uint16_t* a, const uint16_t* b,
                                         uint32_t sum) {
  if constexpr (I > End) {
    return sum;
  } else {
    sum += static_cast<uint32_t>(a[I]) * b[K - I];
    return product_column<K, I + 1, End>(a, b, sum);
  }
}

template <size_t K>
SIGNALBOX_INLINE void product_columns(const uint16_t* a, const uint16_t* b,
                                      uint32_t carry, uint16_t* __restrict out) {
  if constexpr (K == kColumns) {
    out[K] = static_cast<uint16_t>(carry);
  } else {
    constexpr size_t kFirst = K < kLimbs ? 0 : K - kLimbs + 1;
    constexpr size_t kLast = K < kLimbs ? K : kLimbs - 1;
    const uint32_t sum = product_column<K, kFirst, kLast>(a, b, carry);
    out[K] = static_cast<uint16_t>(sum & kLimbMask);
    product_columns<K + 1>(a, b, sum >> kLimbBits, out);
  }
}

// As above for a * a: each product of two different limbs occurs twice.
template <size_t K>
SIGNALBOX_INLINE void square_columns(const uint16_t* a, uint32_t carry,
                                     uint16_t* __restrict out) {
  if constexpr (K == kColumns) {
    out[K] = static_cast<uint16_t>(carry);
  } else {
    constexpr size_t kFirst = K < kLimbs ? 0 : K - kLimbs + 1;
    uint32_t sum = 0;
    if constexpr (K > 0) sum = product_column<K, kFirst, (K - 1) / 2>(a, a, 0) * 2;
    if constexpr (K % 2 == 0) sum += static_cast<uint32_t>(a[K / 2]) * a[K / 2];
    sum += carry;
    out[K] = static_cast<uint16_t>(sum & kLimbMask);
    square_columns<K + 1>(a, sum >> kLimbBits, out);
  }
}

}  // namespace

void multiply_limbs(const uint16_t* a, const uint16_t* b, uint16_t* __restrict out) {
  product_columns<0>(a, b, 0, out);
}

void square_limbs(const uint16_t* a, uint16_t* __restrict out) {
  square_columns<0>(a, 0, out);
}

}  // namespace signalbox
