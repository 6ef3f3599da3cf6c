// libFuzzer target: bytes from the network into a whole unit, in chunks, by a peer that
// may read slowly. The first two bytes of the input say how.
#include "tests/fake_board.h"
#include "tests/fake_link.h"
#include "tests/messages.h"
#include "units/lamp_unit.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr UnitIdentity kIdentity = {"fuzz", LampUnit::kModel,      "0",
                                    1,      ResetReason::kPowerOn, LampUnit::kPolicy};

size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const bool greets = (data[0] & 1) != 0;
  const size_t chunk = 1 + data[0] / 2;
  const size_t writes = data[1] == 0 ? SIZE_MAX : data[1];
  data += 2;
  size = smaller(size - 2, FakeLink::kCapacity / 2);

  FakeBoard board;
  FakeLamp port;
  LampUnit lamp(kIdentity, board.ports, port, {});
  static FakeLink link;
  link.renew();
  uint64_t now_ms = 0;
  lamp.unit.accept(link, now_ms);
  if (greets) {
    uint8_t frame[kMaxFrameBytes];
    link.feed(frame, encode_plain_frame(hello(), frame, sizeof frame));
    lamp.unit.poll(now_ms);
  }
  for (size_t at = 0; at < size && !link.was_closed(); at += chunk) {
    link.feed(data + at, smaller(chunk, size - at));
    link.allow_writes(writes);
    if (link.sent_bytes() > FakeLink::kCapacity / 2) link.forget_sent();
    lamp.unit.poll(now_ms);
    now_ms += 7;
  }
  for (int turn = 0; turn < 100 && !link.was_closed(); ++turn) {
    lamp.unit.poll(now_ms);
    now_ms += 1000;  // long enough for fades, and for both timeouts in the end
  }
  if (!link.was_closed()) __builtin_trap();  // nobody has spoken for 60 s
  return 0;
}
