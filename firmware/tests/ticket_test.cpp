// docs/unit-link.md section 7.5: tickets, and what they do not open.
#include <algorithm>

#include "tests/secure_lamp_fixture.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("a recorded conversation said again gets no further than the handshake") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  uint8_t frame[kMaxFrameBytes];
  const size_t size =
      base.channel.seal_frame(frame, encode_plain_frame(hello(), frame, sizeof frame));
  base.link.feed(frame, size);
  fixture.fixture.settle();

  FakeLink replayed;
  fixture.unit.unit.accept(replayed, fixture.fixture.now_ms);
  replayed.feed(base.opening(), base.opening_bytes());
  replayed.feed(frame, size);
  fixture.fixture.settle();
  CHECK(replayed.was_closed());
  CHECK(fixture.errors(FrameError::kBadTag) == 1);
  CHECK(fixture.counters().takeovers == 0);
  CHECK_FALSE(base.link.was_closed());
  // Nor did it cost the real base its ticket.
  const TicketSecret ticket = base.ticket;
  SecureBase next;
  CHECK(fixture.resume(next, ticket));
}

TEST_CASE("a ticket opens one connection, without a computation on the curve") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  fixture.say_hello(base);
  const TicketSecret first = base.ticket;
  const unsigned before = fixture.security.rests();
  fixture.leave(base);
  REQUIRE(fixture.resume(base, first));
  fixture.say_hello(base);
  CHECK(fixture.security.rests() == before);
  CHECK(fixture.counters().resumptions == 1);
  CHECK(memcmp(base.ticket.key, first.key, kKeyBytes) != 0);

  SecureBase thief;
  CHECK_FALSE(fixture.resume(thief, first));
  REQUIRE(thief.body_bytes() == 1);
  CHECK(thief.body()[0] == 4);
  CHECK_FALSE(thief.link.was_closed());
  // It may still shake hands in full, if it has the key.
  CHECK(thief.open([&fixture] { fixture.fixture.settle(); }));
}

TEST_CASE("a ticket is good only after a frame has proved the keys") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  SecureBase early;
  const TicketSecret ticket = base.ticket;
  base.link.hang_up();
  fixture.fixture.settle();
  CHECK_FALSE(fixture.resume(early, ticket));
  CHECK(early.body()[0] == 4);
}

TEST_CASE("who knows a ticket's number but not its key cannot use it up") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  fixture.say_hello(base);
  TicketSecret forged = base.ticket;
  const TicketSecret good = base.ticket;
  forged.key[0] ^= 1;
  SecureBase forger;
  CHECK_FALSE(fixture.resume(forger, forged));
  fixture.expect_refusal(forger, GoodbyeReason::kWrongKey);
  SecureBase again;
  CHECK(fixture.resume(again, good));
}

TEST_CASE("tickets end after a hundred connections, and after a day") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  fixture.say_hello(base);
  for (uint32_t use = 0; use < TicketSlot::kMaxUses; ++use) {
    CAPTURE(use);
    const TicketSecret ticket = base.ticket;
    fixture.leave(base);
    REQUIRE(fixture.resume(base, ticket));
    fixture.say_hello(base);
  }
  const TicketSecret worn = base.ticket;
  fixture.leave(base);
  CHECK_FALSE(fixture.resume(base, worn));
  REQUIRE(base.open([&fixture] { fixture.fixture.settle(); }));
  fixture.say_hello(base);
  const TicketSecret aged = base.ticket;
  fixture.leave(base);
  fixture.fixture.now_ms += TicketSlot::kMaxAgeMs;
  CHECK_FALSE(fixture.resume(base, aged));
}

TEST_CASE("each refused ticket is answered whole, however late the base reads") {
  SecureLampFixture fixture;
  SecureBase base;
  fixture.connect(base);
  uint8_t opening[kFrameHeaderBytes + 1 + kTicketIdBytes + kKeyBytes + kTagBytes] = {};
  write_header(opening, sizeof opening - kFrameHeaderBytes, LinkSecurity::kEncrypted);
  opening[kFrameHeaderBytes] = static_cast<uint8_t>(HandshakeKind::kResume);
  constexpr int kOpenings = 200;
  base.link.allow_writes(0);
  for (int i = 0; i < kOpenings; ++i) base.link.feed(opening, sizeof opening);
  fixture.fixture.pass(1000);
  // Not read any further: there is no room for the answers.
  CHECK(base.link.unread_bytes() > 100 * sizeof opening);
  base.link.allow_writes(SIZE_MAX);
  fixture.fixture.pass(1000);
  int answers = 0;
  for (; base.next_frame(); ++answers) {
    REQUIRE(base.magic == kMagicEncrypted);
    REQUIRE(base.body_bytes() == 1);
  }
  CHECK(answers == kOpenings);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("a closed connection leaves neither keys nor tickets in its place") {
  SecureLampFixture fixture;
  SecureBase base;
  static Peer peer;  // static: its bytes are searched, also those that were never set
  static OpeningBuffer unsent;
  peer.open(base.link, LinkSecurity::kEncrypted, unsent, 0);
  TicketSlot tickets;
  REQUIRE(base.open([&] {
    const uint8_t* data = base.opening();
    size_t size = base.opening_bytes();
    CHECK(peer.decoder().feed(data, size) == FrameDecoder::Progress::kFrame);
    CHECK(peer.secure(LinkProtection::encrypted(kTestKey, fixture.security), tickets,
                      0) == OpeningEnd::kSecured);
  }));
  const auto holds_ticket = [&] {
    const uint8_t* begin = reinterpret_cast<const uint8_t*>(&peer);
    const uint8_t* end = begin + sizeof peer;
    return std::search(begin, end, base.ticket.key, base.ticket.key + kKeyBytes) != end;
  };
  CHECK(holds_ticket());
  peer.close();
  CHECK_FALSE(holds_ticket());
}
