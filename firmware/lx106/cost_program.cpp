// The cost of an encrypted link in the chip's own instructions: QEMU's clock, which ticks
// once for so many of them, read before and after each deed.
#include "lx106/checks.h"
#include "lx106/simulator.h"
#include "tests/link_cost.h"

namespace {

using namespace signalbox;
using namespace signalbox::test;

LinkCost cost;

uint32_t clock_now() {
  uint32_t count;
  asm volatile("rsr.ccount %0" : "=a"(count));
  return count;
}

void say(const char* text) {
  (void)simulator_write(1, text, static_cast<int>(strlen(text)));
}

// "<name> <ticks>"
void say_ticks(const char* name, uint32_t ticks) {
  char digits[12];
  char* at = digits + sizeof digits;
  *--at = '\0';
  do {
    *--at = static_cast<char>('0' + ticks % 10);
    ticks /= 10;
  } while (ticks > 0);
  say(name);
  say(" ");
  say(at);
  say("\n");
}

void measure(const char* name, Deed deed, size_t message_bytes, int times) {
  const uint32_t begin = clock_now();
  for (int i = 0; i < times; ++i) cost.perform(deed, message_bytes);
  say_ticks(name, clock_now() - begin);
}

// A known number of instructions, so that the ticks can be read as such.
void spin(uint32_t turns) {
  asm volatile("1: addi %0, %0, -1\n   bnez %0, 1b" : "+a"(turns));
}

}  // namespace

int main_program() {
  const uint32_t begin = clock_now();
  spin(5000000);  // two instructions each: what a tick is worth
  say_ticks("spin", clock_now() - begin);
  measure("handshake", Deed::kHandshake, 0, 1);
  measure("resumption", Deed::kResumption, 0, 1000);
  measure("seal-64", Deed::kSeal, 64, 10000);
  measure("open-64", Deed::kOpen, 64, 10000);
  measure("seal-1008", Deed::kSeal, 1008, 1000);
  return cost.is_good() ? 0 : 1;
}
