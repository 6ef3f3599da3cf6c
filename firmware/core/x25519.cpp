#include "core/x25519.h"

#include <string.h>

#include "core/field_25519.h"
#include "core/wipe.h"

namespace signalbox {
namespace {

constexpr unsigned kTopBit = 254;

// Section 5: which bits of a secret count. The lowest three are 0 and the top one is 1.
uint32_t clamped_bit(const uint8_t* secret, unsigned at) {
  if (at == kTopBit) return 1;
  if (at < 3) return 0;
  return secret[at / 8] >> (at % 8) & 1u;
}

// Two neighbouring multiples of the point, as X:Z each.
struct Ladder {
  Field25519 point;
  Field25519 x2, z2, x3, z3;
  Field25519 a, b, c;
};

// Section 5, in its letters: A and B of the first, C and D of the second; DA and CB.
void step(Ladder& of) {
  of.a.add(of.x2, of.z2);
  of.b.subtract(of.x2, of.z2);
  of.c.add(of.x3, of.z3);
  of.z3.subtract(of.x3, of.z3);
  of.x3.multiply(of.z3, of.a);  // DA
  of.c.multiply(of.c, of.b);    // CB
  of.z3.subtract(of.x3, of.c);
  of.x3.add(of.x3, of.c);
  of.x3.square(of.x3);
  of.z3.square(of.z3);
  of.z3.multiply(of.z3, of.point);
  of.a.square(of.a);  // AA
  of.b.square(of.b);  // BB
  of.x2.multiply(of.a, of.b);
  of.b.subtract(of.a, of.b);  // E
  of.c.multiply_by_a24(of.b);
  of.c.add(of.c, of.a);
  of.z2.multiply(of.b, of.c);
}

void square_times(Field25519& of, unsigned times) {
  while (times-- > 0) of.square(of);
}

// of.x2 / of.z2: times z2 to the power of 2^255 - 21 (Fermat). The exponent in binary is
// 250 ones and then 01011.
void divide(Ladder& of, SecurityPort& port) {
  Field25519& base = of.z2;
  of.a.square(base);  // 2
  of.b.square(of.a);
  of.b.square(of.b);          // 8
  of.b.multiply(of.b, base);  // 9
  of.a.multiply(of.a, of.b);  // 11
  of.c.square(of.a);          // 22
  of.b.multiply(of.b, of.c);  // 5 ones
  of.c = of.b;
  square_times(of.c, 5);
  of.b.multiply(of.b, of.c);  // 10 ones
  of.c = of.b;
  square_times(of.c, 10);
  of.c.multiply(of.c, of.b);  // 20 ones
  of.x3 = of.c;
  square_times(of.x3, 20);
  of.c.multiply(of.c, of.x3);  // 40 ones
  square_times(of.c, 10);
  of.b.multiply(of.b, of.c);  // 50 ones
  port.rest();
  of.c = of.b;
  square_times(of.c, 50);
  of.c.multiply(of.c, of.b);  // 100 ones
  port.rest();
  of.x3 = of.c;
  square_times(of.x3, 100);
  of.c.multiply(of.c, of.x3);  // 200 ones
  port.rest();
  square_times(of.c, 50);
  of.c.multiply(of.c, of.b);  // 250 ones
  square_times(of.c, 5);
  of.c.multiply(of.c, of.a);  // and 01011
  of.x2.multiply(of.x2, of.c);
}

}  // namespace

void x25519_ladder(const uint8_t secret[kX25519Bytes], const uint8_t point[kX25519Bytes],
                   uint8_t out[kX25519Bytes], SecurityPort& port) {
  Ladder of;
  of.point.load(point);
  of.x2.set(1);
  of.z2.set(0);
  of.x3 = of.point;
  of.z3.set(1);
  uint32_t swapped = 0;
  for (unsigned at = kTopBit + 1; at-- > 0;) {
    const uint32_t bit = clamped_bit(secret, at);
    swap_if(swapped ^ bit, of.x2, of.x3);
    swap_if(swapped ^ bit, of.z2, of.z3);
    swapped = bit;
    step(of);
    if (at % kX25519StepsToRest == 0) port.rest();
  }
  swap_if(swapped, of.x2, of.x3);
  swap_if(swapped, of.z2, of.z3);
  divide(of, port);
  of.x2.store(out);
  wipe(&of, sizeof of);
}

}  // namespace signalbox
