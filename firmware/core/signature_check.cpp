#include "core/signature_check.h"

#include <string.h>

#include "core/flash_table.h"

namespace signalbox {
namespace {

// The curve's b, and its generator, times R.
constexpr FieldP256Table kB SIGNALBOX_FLASH = {
    {0x1DFD, 0x025E, 0x08A7, 0x1BEC, 0x189C, 0x0486, 0x010C, 0x1951, 0x005C, 0x1678,
     0x1B5A, 0x0425, 0x0BF7, 0x1105, 0x0568, 0x1068, 0x0874, 0x0EEA, 0x0018, 0x0186}};
constexpr FieldP256Table kGeneratorX SIGNALBOX_FLASH = {
    {0x03C1, 0x148A, 0x1062, 0x061A, 0x19E7, 0x100B, 0x1B6D, 0x189F, 0x095F, 0x1ADD,
     0x1441, 0x0C44, 0x0B77, 0x1B99, 0x1A7E, 0x0B8C, 0x1375, 0x1B5A, 0x017D, 0x0112}};
constexpr FieldP256Table kGeneratorY SIGNALBOX_FLASH = {
    {0x00A8, 0x0AAB, 0x1F3A, 0x0A6A, 0x1DF2, 0x02E6, 0x0679, 0x0874, 0x0B8E, 0x05A5,
     0x0C96, 0x043E, 0x08DD, 0x0434, 0x14BA, 0x1B0A, 0x1885, 0x0C52, 0x07FC, 0x00AE}};

}  // namespace

bool PointP256::load(const uint8_t bytes[UpdateKey::kBytes]) {
  constexpr uint8_t kUncompressed = 4;
  z.set_one();
  if (bytes[0] != kUncompressed || !x.load(bytes + 1) ||
      !y.load(bytes + 1 + FieldP256::kBytes)) {
    return false;
  }
  // y^2 = x^3 - 3 x + b
  FieldP256 right, left;
  left.multiply(y, y);
  right.multiply(x, x);
  right.multiply(right, x);
  for (int i = 0; i < 3; ++i) right.subtract(right, x);
  right.add(right, kB.read());
  left.subtract(left, right);
  return left.is_zero();
}

void PointP256::set_generator() {
  x = kGeneratorX.read();
  y = kGeneratorY.read();
  z.set_one();
}

void PointP256::set_infinity() {
  x.set_zero();
  y.set_one();
  z.set_zero();
}

// Renes, Costello and Batina, "Complete addition formulas for prime order elliptic
// curves" (2016), algorithm 4, in its letters. It has no exceptions, so there is no
// input that could lead to one.
void PointP256::add(const PointP256& a, const PointP256& b) {
  const FieldP256 curve_b = kB.read();
  FieldP256 t0, t1, t2, t3, t4, x3, y3, z3;
  t0.multiply(a.x, b.x);
  t1.multiply(a.y, b.y);
  t2.multiply(a.z, b.z);
  t3.add(a.x, a.y);
  t4.add(b.x, b.y);
  t3.multiply(t3, t4);
  t4.add(t0, t1);
  t3.subtract(t3, t4);
  t4.add(a.y, a.z);
  x3.add(b.y, b.z);
  t4.multiply(t4, x3);
  x3.add(t1, t2);
  t4.subtract(t4, x3);
  x3.add(a.x, a.z);
  y3.add(b.x, b.z);
  x3.multiply(x3, y3);
  y3.add(t0, t2);
  y3.subtract(x3, y3);
  z3.multiply(curve_b, t2);
  x3.subtract(y3, z3);
  z3.add(x3, x3);
  x3.add(x3, z3);
  z3.subtract(t1, x3);
  x3.add(t1, x3);
  y3.multiply(curve_b, y3);
  t1.add(t2, t2);
  t2.add(t1, t2);
  y3.subtract(y3, t2);
  y3.subtract(y3, t0);
  t1.add(y3, y3);
  y3.add(t1, y3);
  t1.add(t0, t0);
  t0.add(t1, t0);
  t0.subtract(t0, t2);
  t1.multiply(t4, y3);
  t2.multiply(t0, y3);
  y3.multiply(x3, z3);
  y3.add(y3, t2);
  x3.multiply(t3, x3);
  x3.subtract(x3, t1);
  z3.multiply(t4, z3);
  t1.multiply(t3, t0);
  z3.add(z3, t1);
  x = x3;
  y = y3;
  z = z3;
}

SignatureCheck::State SignatureCheck::start(
    const UpdateKey& key, const uint8_t digest[Sha256::kDigestBytes],
    const uint8_t signature[kUpdateSignatureBytes]) {
  state_ = State::kBad;
  ScalarP256 s;
  if (!r_.load(signature) || r_.is_zero() || !s.load(signature + ScalarP256::kBytes) ||
      s.is_zero() || !key_.load(key.point)) {
    return state_;
  }
  s.invert(s);
  // A digest that is not below the order is reduced.
  (void)of_digest_.load(digest);
  of_digest_.multiply(of_digest_, s);
  of_r_.multiply(r_, s);
  generator_.set_generator();
  both_.add(generator_, key_);
  sum_.set_infinity();
  bits_left_ = ScalarP256::kBits;
  state_ = State::kRunning;
  return state_;
}

SignatureCheck::State SignatureCheck::step() {
  if (state_ != State::kRunning) return state_;
  for (unsigned i = 0; i < kBitsInStep; ++i) {
    --bits_left_;
    sum_.add(sum_, sum_);
    const bool has_generator = of_digest_.has_bit(bits_left_);
    const bool has_key = of_r_.has_bit(bits_left_);
    if (has_generator && has_key) {
      sum_.add(sum_, both_);
    } else if (has_generator) {
      sum_.add(sum_, generator_);
    } else if (has_key) {
      sum_.add(sum_, key_);
    }
  }
  if (bits_left_ > 0) return state_;
  // The coordinate counts modulo the order, which is a little below the prime: it is r,
  // or r and the order.
  uint8_t x[FieldP256::kBytes];
  bool is_good = false;
  if (!sum_.z.is_zero()) {
    r_.store(x);
    is_good = has_coordinate(x) || (r_.store_with_order(x) && has_coordinate(x));
  }
  state_ = is_good ? State::kGood : State::kBad;
  return state_;
}

// Whether the sum's X / Z is this number.
bool SignatureCheck::has_coordinate(const uint8_t x[FieldP256::kBytes]) const {
  FieldP256 wanted;
  if (!wanted.load(x)) return false;
  wanted.multiply(wanted, sum_.z);
  wanted.subtract(wanted, sum_.x);
  return wanted.is_zero();
}

}  // namespace signalbox
