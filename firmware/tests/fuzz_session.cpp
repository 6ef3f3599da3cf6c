// libFuzzer target: bytes from the network into a whole unit, in chunks, by a peer that
// may read slowly. The first two bytes of the input say how: what the peer gets through
// before the input begins, how it is cut, and how much it reads.
#include "core/x25519.h"
#include "tests/fake_board.h"
#include "tests/fake_link.h"
#include "tests/messages.h"
#include "tests/secure_base.h"
#include "units/lamp_unit.h"

using namespace signalbox;
using namespace signalbox::test;

// In place of the curve: a key agreement as quick as it is worthless. One handshake on
// the real curve takes as long as twenty without, and its tests check the arithmetic
// under both sanitizers. As on the curve, both sides come to the same secret, and there
// are keys of the other side that give zeros. The linker takes this one, and leaves that
// of the library where it is.
void signalbox::x25519_ladder(const uint8_t secret[kX25519Bytes],
                              const uint8_t point[kX25519Bytes],
                              uint8_t out[kX25519Bytes], SecurityPort&) {
  for (size_t i = 0; i < kX25519Bytes; ++i) {
    out[i] = static_cast<uint8_t>(point[i] ^ secret[i]);
  }
}

namespace {

constexpr UnitIdentity kIdentity = {"fuzz", LampUnit::kModel,      "0",
                                    1,      ResetReason::kPowerOn, LampUnit::kPolicy};

// Not that of the vectors, which are among the inputs.
constexpr uint8_t kKey[kKeyBytes] = {0x5A, 0xC3};

size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// What stands before the bytes of the input.
enum class Way : uint8_t {
  kPlain,        // a plain link
  kPlainHello,   // and a hello that was accepted
  kEncrypted,    // an encrypted link: the input is the handshake
  kForged,       // with keys: the input is frames that nobody sealed
  kSealed,       // with keys: the input is what a peer with the key seals, body by body
  kSealedHello,  // and a hello that was accepted
  kTicket,       // the input is what follows the number of a ticket that the unit gave
  kResumed,      // with keys by a ticket: as kSealed
};

// Handshakes take most of the time there is, so inputs without one have a program of
// their own. The seeds rely on the order.
Way way_of(uint8_t choice) {
#if defined(SIGNALBOX_FUZZ_SECURE)
  static constexpr Way kWays[16] = {
      Way::kEncrypted, Way::kSealedHello, Way::kEncrypted, Way::kForged,
      Way::kSealed,    Way::kSealedHello, Way::kEncrypted, Way::kResumed,
      Way::kForged,    Way::kTicket,      Way::kEncrypted, Way::kSealedHello,
      Way::kSealed,    Way::kSealedHello, Way::kEncrypted, Way::kSealedHello};
  return kWays[choice % 16];
#else
  return choice % 2 == 0 ? Way::kPlain : Way::kPlainHello;
#endif
}

struct Fuzzed {
  explicit Fuzzed(const LinkProtection& protection)
      : lamp(kIdentity, board.ports, port, {}, protection) {}

  FakeBoard board;
  FakeLamp port;
  LampUnit lamp;
};

void settle(Unit& unit, uint64_t now_ms) {
  for (int turn = 0; turn < 20 && unit.poll(now_ms) == 0; ++turn) {
  }
}

// A connection that leaves a ticket behind.
TicketSecret earn_ticket(SecureBase& base, Unit& unit) {
  if (!base.open([&] { settle(unit, 0); })) __builtin_trap();
  base.send(hello());
  settle(unit, 0);
  base.link.hang_up();
  settle(unit, 0);
  return base.ticket;
}

// The beginning of an opening, without the message of its handshake.
void name_ticket(FakeLink& link, const TicketSecret& ticket) {
  constexpr size_t kMessageBytes = kKeyBytes + kTagBytes;
  uint8_t start[kFrameHeaderBytes + 1 + kTicketIdBytes];
  write_header(start, 1 + kTicketIdBytes + kMessageBytes, LinkSecurity::kEncrypted);
  start[kFrameHeaderBytes] = static_cast<uint8_t>(HandshakeKind::kResume);
  memcpy(start + kFrameHeaderBytes + 1, ticket.id, kTicketIdBytes);
  link.feed(start, sizeof start);
}

// Seals a chunk as the body of one frame; it need not be a message.
void feed_sealed(SecureBase& base, const uint8_t* data, size_t size) {
  static uint8_t frame[kMaxFrameBytes];
  memcpy(frame + kFrameHeaderBytes, data, size);
  base.link.feed(frame, base.channel.seal_frame(frame, kFrameHeaderBytes + size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Way way = way_of(data[0]);
  const size_t chunk = 1 + data[0] / 2;
  const size_t writes = data[1] == 0 ? SIZE_MAX : data[1];
  data += 2;
  size = smaller(size - 2, FakeLink::kCapacity / 4);

  static FakeSecurity security;
  static SecureBase base(kKey);
  const bool is_plain = way == Way::kPlain || way == Way::kPlainHello;
  Fuzzed fuzzed(is_plain ? LinkProtection::plain()
                         : LinkProtection::encrypted(kKey, security));
  Unit& unit = fuzzed.lamp.unit;
  FakeLink& link = base.link;
  base.renew();
  uint64_t now_ms = 0;
  unit.accept(link, now_ms);
  if (way == Way::kPlainHello) {
    uint8_t frame[kMaxFrameBytes];
    link.feed(frame, encode_plain_frame(hello(), frame, sizeof frame));
  }
  const auto turn = [&] { settle(unit, now_ms); };
  if (way == Way::kSealed || way == Way::kSealedHello || way == Way::kForged) {
    if (!base.open(turn)) __builtin_trap();
  }
  if (way == Way::kTicket || way == Way::kResumed) {
    const TicketSecret ticket = earn_ticket(base, unit);
    base.renew();
    unit.accept(link, now_ms);
    if (way == Way::kTicket) {
      name_ticket(link, ticket);
    } else if (!base.resume(ticket, turn)) {
      __builtin_trap();
    }
  }
  const bool is_sealed =
      way == Way::kSealed || way == Way::kSealedHello || way == Way::kResumed;
  if (way == Way::kSealedHello) base.send(hello());
  settle(unit, now_ms);

  for (size_t at = 0; at < size && !link.was_closed(); at += chunk) {
    const size_t length = smaller(chunk, size - at);
    if (is_sealed) {
      feed_sealed(base, data + at, length);
    } else {
      link.feed(data + at, length);
    }
    link.allow_writes(writes);
    if (link.sent_bytes() > FakeLink::kCapacity / 2) base.forget_sent();
    unit.poll(now_ms);
    now_ms += 7;
  }
  // Without the key nobody is served, whatever the bytes.
  const SessionCounters& counters = unit.counters();
  if (way == Way::kForged && counters.requests_done > 0) __builtin_trap();
  if (way == Way::kEncrypted && counters.handshakes + counters.resumptions > 0) {
    __builtin_trap();
  }
  if (way == Way::kTicket && counters.resumptions > 0) __builtin_trap();
  for (int turns = 0; turns < 100 && !link.was_closed(); ++turns) {
    unit.poll(now_ms);
    now_ms += 1000;  // long enough for fades, and for both timeouts in the end
  }
  if (!link.was_closed()) __builtin_trap();  // nobody has spoken for 60 s
  return 0;
}
