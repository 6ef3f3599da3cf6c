// The cost of an encrypted link in the chip's own instructions: QEMU's clock, which ticks
// once for so many of them, read before and after each operation.
#include "core/signature_check.h"
#include "lx106/cycle_clock.h"
#include "lx106/vector_tables.h"
#include "tests/link_cost.h"
#include "vectors.h"

namespace {

using namespace signalbox;
using namespace signalbox::lx106;
using namespace signalbox::test;

LinkCost cost;

void measure(const char* name, Operation operation, size_t message_bytes, int times) {
  const uint32_t begin = clock_now();
  for (int i = 0; i < times; ++i) cost.perform(operation, message_bytes);
  say_ticks(name, clock_now() - begin);
}

// Of a firmware: once, since it takes long.
bool measure_signature() {
  const BeginVector& begin = kUpdate.begins[0];
  UpdateKey key;
  memcpy(key.point, kUpdate.trusted[0].data, sizeof key.point);
  uint8_t digest[Sha256::kDigestBytes];
  Sha256 hash;
  hash.update(begin.manifest.data, begin.manifest.size);
  hash.finish(digest);
  const uint32_t start = clock_now();
  static SignatureCheck check;
  auto state = check.start(key, digest, begin.signature.data);
  while (state == SignatureCheck::State::kRunning) state = check.step();
  say_ticks("signature", clock_now() - start);
  return state == SignatureCheck::State::kGood;
}

}  // namespace

int main_program() {
  say_spin();
  measure("handshake", Operation::kHandshake, 0, 1);
  measure("resumption", Operation::kResumption, 0, 1000);
  measure("seal-64", Operation::kSeal, 64, 10000);
  measure("open-64", Operation::kOpen, 64, 10000);
  measure("seal-1008", Operation::kSeal, 1008, 1000);
  return measure_signature() && cost.is_good() ? 0 : 1;
}
