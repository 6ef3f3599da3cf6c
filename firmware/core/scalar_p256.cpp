#include "core/scalar_p256.h"

#include <string.h>

#include "core/flash_table.h"

namespace signalbox {
namespace {

constexpr size_t kWords = ScalarP256::kWords;

struct Words {
  uint32_t at[kWords];
};

constexpr Words kOrder SIGNALBOX_FLASH = {{0xFC632551, 0xF3B9CAC2, 0xA7179E84, 0xBCE6FAAD,
                                           0xFFFFFFFF, 0xFFFFFFFF, 0x00000000,
                                           0xFFFFFFFF}};

// Returns the carry.
uint32_t add_to(uint32_t* a, const uint32_t* b) {
  uint64_t carry = 0;
  for (size_t i = 0; i < kWords; ++i) {
    carry += static_cast<uint64_t>(a[i]) + b[i];
    a[i] = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  return static_cast<uint32_t>(carry);
}

// Returns the borrow.
uint32_t subtract_from(uint32_t* a, const uint32_t* b) {
  uint32_t borrow = 0;
  for (size_t i = 0; i < kWords; ++i) {
    const uint64_t difference = static_cast<uint64_t>(a[i]) - b[i] - borrow;
    a[i] = static_cast<uint32_t>(difference);
    borrow = static_cast<uint32_t>(difference >> 63);
  }
  return borrow;
}

bool is_below(const uint32_t* a, const uint32_t* b) {
  for (size_t i = kWords; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

void shift_down(uint32_t* a, uint32_t top) {
  for (size_t i = 0; i < kWords; ++i) {
    const uint32_t above = i + 1 < kWords ? a[i + 1] : top;
    a[i] = a[i] >> 1 | above << 31;
  }
}

void add_modulo(uint32_t* a, const uint32_t* b, const uint32_t* order) {
  if (add_to(a, b) != 0 || !is_below(a, order)) (void)subtract_from(a, order);
}

void subtract_modulo(uint32_t* a, const uint32_t* b, const uint32_t* order) {
  if (subtract_from(a, b) != 0) (void)add_to(a, order);
}

// A number and its multiple of another, halved as often as the number can be.
void halve(uint32_t* number, uint32_t* factor, const uint32_t* order) {
  while (number[0] % 2 == 0) {
    shift_down(number, 0);
    const uint32_t carry = factor[0] % 2 == 0 ? 0 : add_to(factor, order);
    shift_down(factor, carry);
  }
}

bool is_one(const uint32_t* a) {
  for (size_t i = 1; i < kWords; ++i) {
    if (a[i] != 0) return false;
  }
  return a[0] == 1;
}

void store_words(const uint32_t* words, uint8_t* bytes) {
  for (size_t i = 0; i < kWords; ++i) {
    const uint32_t word = words[kWords - 1 - i];
    for (unsigned byte = 0; byte < 4; ++byte) {
      bytes[4 * i + byte] = static_cast<uint8_t>(word >> (24 - 8 * byte));
    }
  }
}

}  // namespace

bool ScalarP256::load(const uint8_t bytes[kBytes]) {
  for (size_t i = 0; i < kWords; ++i) {
    const uint8_t* at = bytes + kBytes - 4 * (i + 1);
    words[i] = static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 |
               static_cast<uint32_t>(at[2]) << 8 | at[3];
  }
  const Words order = read_flash(kOrder);
  if (is_below(words, order.at)) return true;
  // n is above 2^255, so once is enough.
  (void)subtract_from(words, order.at);
  return false;
}

bool ScalarP256::is_zero() const {
  for (const uint32_t word : words) {
    if (word != 0) return false;
  }
  return true;
}

// By doubling and adding: two of them are a small part of a signature's check.
void ScalarP256::multiply(const ScalarP256& a, const ScalarP256& b) {
  const Words order = read_flash(kOrder);
  Words sum = {};
  for (unsigned at = kBits; at-- > 0;) {
    const Words half = sum;
    add_modulo(sum.at, half.at, order.at);
    if (b.has_bit(at)) add_modulo(sum.at, a.words, order.at);
  }
  memcpy(words, sum.at, sizeof words);
}

// The binary form of Euclid's: u is a times x, and v is a times y, modulo n. n is a
// prime, so their greatest common divisor is 1, and one of the two becomes it.
void ScalarP256::invert(const ScalarP256& a) {
  const Words order = read_flash(kOrder);
  Words u = {}, x = {{1}}, v = order, y = {};
  memcpy(u.at, a.words, sizeof u.at);
  for (;;) {
    halve(u.at, x.at, order.at);
    if (is_one(u.at)) break;
    halve(v.at, y.at, order.at);
    if (is_one(v.at)) break;
    if (is_below(u.at, v.at)) {
      (void)subtract_from(v.at, u.at);
      subtract_modulo(y.at, x.at, order.at);
    } else {
      (void)subtract_from(u.at, v.at);
      subtract_modulo(x.at, y.at, order.at);
    }
  }
  memcpy(words, is_one(u.at) ? x.at : y.at, sizeof words);
}

void ScalarP256::store(uint8_t bytes[kBytes]) const { store_words(words, bytes); }

bool ScalarP256::store_with_order(uint8_t bytes[kBytes]) const {
  Words sum = read_flash(kOrder);
  const bool fits = add_to(sum.at, words) == 0;
  store_words(sum.at, bytes);
  return fits;
}

}  // namespace signalbox
