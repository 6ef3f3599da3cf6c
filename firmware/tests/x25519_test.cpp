#include "core/x25519.h"

#include <bearssl/bearssl_ec.h>
#include <doctest/doctest.h>
#include <string.h>

#include <array>
#include <random>
#include <string>

#include "core/field_25519.h"
#include "tests/fake_security.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

using Number = std::array<uint8_t, kX25519Bytes>;

Number number(const std::string& hex) {
  Number out = {};
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
  }
  return out;
}

Number ours(const Number& secret, const Number& point) {
  FakeSecurity security;
  Number out;
  x25519_ladder(secret.data(), point.data(), out.data(), security);
  return out;
}

Number theirs(const Number& secret, const Number& point) {
  Number out = point;
  br_ec_c25519_m15.mul(out.data(), out.size(), secret.data(), secret.size(),
                       BR_EC_curve25519);
  return out;
}

// What is where two numbers are close to the modulus, or a limb is full.
Number edge(unsigned which) {
  Number out = {};
  switch (which) {
    case 0:
      return out;
    case 1:
      out[0] = 1;
      return out;
    case 2:
      out.fill(0xFF);
      return out;
    case 3:
      out.fill(0xFF);
      out[31] = 0x7F;
      return out;
    case 4:  // the modulus less one, itself, and more
    case 5:
    case 6:
      out.fill(0xFF);
      out[31] = 0x7F;
      out[0] = static_cast<uint8_t>(0xEC + which - 4);
      return out;
    default:  // all bits of one limb
      for (unsigned bit = 13 * (which - 7); bit < 13 * (which - 6) && bit < 256; ++bit) {
        out[bit / 8] = static_cast<uint8_t>(out[bit / 8] | 1u << bit % 8);
      }
      return out;
  }
}
constexpr unsigned kEdges = 27;

}  // namespace

TEST_CASE("X25519 yields the numbers of RFC 7748 section 5.2") {
  CHECK(
      ours(number("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
           number("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")) ==
      number("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
  // With a bit above the 255th, which does not count.
  CHECK(
      ours(number("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
           number("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")) ==
      number("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
}

TEST_CASE("X25519 a thousand times over yields the number of RFC 7748 section 5.2") {
  Number k = {9};
  Number u = k;
  for (int i = 0; i < 1000; ++i) {
    const Number result = ours(k, u);
    u = k;
    k = result;
  }
  CHECK(k == number("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

TEST_CASE("X25519 is that of BearSSL, for numbers at the edges and others") {
  std::mt19937 random(1);
  const auto any = [&random] {
    Number out;
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
    return out;
  };
  for (unsigned which = 0; which < kEdges; ++which) {
    CAPTURE(which);
    const Number secret = any();
    CHECK(ours(secret, edge(which)) == theirs(secret, edge(which)));
    CHECK(ours(edge(which), secret) == theirs(edge(which), secret));
  }
  for (int i = 0; i < 100; ++i) {
    const Number secret = any();
    const Number point = any();
    CHECK(ours(secret, point) == theirs(secret, point));
  }
}

TEST_CASE("a number is stored below the modulus, however it was made") {
  for (unsigned which = 0; which < kEdges; ++which) {
    CAPTURE(which);
    Field25519 one;
    Field25519 zero;
    one.load(edge(which).data());
    zero.subtract(one, one);
    Number out;
    zero.store(out.data());
    CHECK(out == Number{});
    // And once more around the modulus.
    zero.add(zero, one);
    zero.store(out.data());
    Number direct;
    one.store(direct.data());
    CHECK(out == direct);
  }
}

TEST_CASE("operations accept the longest limbs that they produce") {
  // As 10,015 and 8,237 in the first two and 8,191 in the others.
  Field25519 longest;
  for (uint16_t& limb : longest.limbs) limb = 8191;
  longest.limbs[0] = 10015;
  longest.limbs[1] = 8237;
  Number in;
  longest.store(in.data());
  Field25519 short_one;
  short_one.load(in.data());
  const auto same = [&](const Field25519& a, const Field25519& b) {
    Number left;
    Number right;
    a.store(left.data());
    b.store(right.data());
    return left == right;
  };
  Field25519 a;
  Field25519 b;
  a.multiply(longest, longest);
  b.multiply(short_one, short_one);
  CHECK(same(a, b));
  a.square(longest);
  CHECK(same(a, b));
  a.multiply_by_a24(longest);
  b.multiply_by_a24(short_one);
  CHECK(same(a, b));
  a.add(longest, longest);
  b.add(short_one, short_one);
  CHECK(same(a, b));
  b.set(0);
  a.subtract(b, longest);
  Field25519 c;
  c.subtract(b, short_one);
  CHECK(same(a, c));
}

TEST_CASE("X25519 rests between its steps") {
  FakeSecurity security;
  const Number point = {9};
  Number out;
  x25519_ladder(point.data(), point.data(), out.data(), security);
  CHECK(security.rests() >= 255 / kX25519StepsToRest);
}
