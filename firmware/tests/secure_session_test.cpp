// docs/unit-link.md section 7: who gets keys, and what happens to who has none.
#include <algorithm>

#include "core/x25519.h"
#include "tests/fixture.h"
#include "tests/secure_base.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct SecureLampFixture : FakeBoard {
  FakeLamp lamp;
  FakeSecurity security;
  LampUnit unit{
      kLampIdentity, ports, lamp, {}, LinkProtection::encrypted(kTestKey, security)};
  Fixture fixture{unit.unit};

  const SessionCounters& counters() const { return unit.unit.counters(); }
  uint32_t errors(FrameError error) const {
    return counters().frame_errors[static_cast<size_t>(error)];
  }
  void connect(SecureBase& base) { unit.unit.accept(base.link, fixture.now_ms); }
  bool open(SecureBase& base) {
    connect(base);
    return base.open([this] { fixture.settle(); });
  }
  bool resume(SecureBase& base, const TicketSecret& ticket) {
    connect(base);
    return base.resume(ticket, [this] { fixture.settle(); });
  }
  // Hello and its answer: the keys are proved then.
  void say_hello(SecureBase& base) {
    base.send(hello());
    fixture.settle();
    Envelope answer;
    REQUIRE(base.next_message(answer));
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  }
  Envelope call(SecureBase& base, const Envelope& request) {
    base.send(request);
    fixture.settle();
    Envelope answer = {};
    REQUIRE(base.next_message(answer));
    CHECK(answer.request_id == request.request_id);
    return answer;
  }
  // The base says goodbye and is free for another connection.
  void leave(SecureBase& base) {
    base.send(goodbye());
    fixture.settle();
    CHECK(base.link.was_closed());
    base.renew();
  }
  void expect_refusal(SecureBase& base, GoodbyeReason reason) {
    CHECK(base.magic == kMagicEncrypted);
    REQUIRE(base.body_bytes() == kRefusalBytes);
    CHECK(base.body()[0] == 3);
    CHECK(base.body()[1] == static_cast<uint8_t>(reason));
    CHECK(base.link.was_closed());
  }
};

}  // namespace

TEST_CASE("a base with the key is served, and its traffic is unreadable") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  fixture.say_hello(base);
  const Envelope answer = fixture.call(base, write(2, Lamp::kOn, boolean(true)));
  CHECK(status_of(answer.body.result) == Status::kOk);
  CHECK(fixture.lamp.shown.on);
  const std::string said(reinterpret_cast<const char*>(base.link.sent()),
                         base.link.sent_bytes());
  CHECK(said.find("rgb-lamp") == std::string::npos);
  CHECK(fixture.counters().handshakes == 1);
  // Between the steps of both multiplications on the curve, and fast only meanwhile.
  CHECK(fixture.security.rests() >= 2 * 255 / kX25519StepsToRest);
  CHECK(fixture.security.computations() == 1);
  CHECK_FALSE(fixture.security.is_computing());
}

TEST_CASE("a base with another key is told so, and closed") {
  SecureLampFixture fixture;
  const uint8_t other[kKeyBytes] = {9};
  SecureBase base(other);
  CHECK_FALSE(fixture.open(base));
  fixture.expect_refusal(base, GoodbyeReason::kWrongKey);
  CHECK(fixture.errors(FrameError::kBadHandshake) == 1);
  CHECK(fixture.security.rests() == 0);  // no computation on the curve for strangers
}

TEST_CASE("an unencrypted base is told that encryption is required") {
  SecureLampFixture fixture;
  Base base;
  fixture.fixture.connect(base);
  base.send(hello());
  fixture.fixture.settle();
  base.expect_goodbye(GoodbyeReason::kEncryptionRequired);
  CHECK(fixture.errors(FrameError::kEncryptionMismatch) == 1);
}

TEST_CASE("a plain unit answers nothing encrypted") {
  LampFixture lamp;
  Base base;
  lamp.fixture.connect(base);
  base.send_bytes(from_hex("b6"));
  lamp.fixture.settle();
  base.expect_goodbye(GoodbyeReason::kProtocolError);
}

TEST_CASE("what is no opening gets a refusal") {
  const char* const openings[] = {
      "b601000101",      // no message
      "b6010002030a",    // what only a unit says
      "b601000104",      // likewise
      "b60100020900",    // unknown
      "b6010004080772",  // cut short: nothing yet
  };
  for (const char* const opening : openings) {
    CAPTURE(opening);
    SecureLampFixture fixture;
    SecureBase base;
    fixture.connect(base);
    const std::vector<uint8_t> bytes = from_hex(opening);
    base.link.feed(bytes.data(), bytes.size());
    fixture.fixture.settle();
    if (bytes.size() < kFrameHeaderBytes + bytes[3]) {
      CHECK_FALSE(base.link.was_closed());
      continue;
    }
    REQUIRE(base.next_frame());
    fixture.expect_refusal(base, GoodbyeReason::kProtocolError);
    CHECK(fixture.errors(FrameError::kBadHandshake) == 1);
  }
}

TEST_CASE("a frame with one other bit closes the link and is counted") {
  // Each byte of the tag and of the message; those of the header in the next test.
  for (size_t byte = kFrameHeaderBytes;; ++byte) {
    CAPTURE(byte);
    SecureLampFixture fixture;
    SecureBase base;
    REQUIRE(fixture.open(base));
    fixture.say_hello(base);
    uint8_t frame[kMaxFrameBytes];
    const Envelope request = write(2, Lamp::kOn, boolean(true));
    const size_t size =
        base.channel.seal_frame(frame, encode_plain_frame(request, frame, sizeof frame));
    if (byte == size) break;
    frame[byte] = static_cast<uint8_t>(frame[byte] ^ 1u << (byte & 7));
    base.link.feed(frame, size);
    fixture.fixture.settle();
    CHECK(fixture.errors(FrameError::kBadTag) == 1);
    CHECK_FALSE(fixture.lamp.shown.on);
    Envelope last;
    REQUIRE(base.next_message(last));
    CHECK(last.body.goodbye.reason ==
          signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_PROTOCOL_ERROR);
    CHECK(base.link.was_closed());
  }
}

TEST_CASE("the header is part of what is sealed") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  fixture.say_hello(base);
  // A longer frame whose bytes are those of a shorter one and of the next one's header.
  uint8_t frame[kMaxFrameBytes];
  const size_t size =
      base.channel.seal_frame(frame, encode_plain_frame(ping(2), frame, sizeof frame));
  frame[3] = static_cast<uint8_t>(frame[3] + 1);
  frame[size] = 0;
  base.link.feed(frame, size + 1);
  fixture.fixture.settle();
  CHECK(fixture.errors(FrameError::kBadTag) == 1);
  CHECK(base.link.was_closed());
}

TEST_CASE("a frame too short for a tag and a message is refused") {
  for (const uint8_t size : {uint8_t{1}, uint8_t{15}, uint8_t{16}}) {
    SecureLampFixture fixture;
    SecureBase base;
    REQUIRE(fixture.open(base));
    uint8_t frame[kFrameHeaderBytes + 16] = {kMagicEncrypted, kFrameVersion, 0, size};
    base.link.feed(frame, kFrameHeaderBytes + size);
    fixture.fixture.settle();
    CHECK(fixture.errors(FrameError::kBadTag) == 1);
    CHECK(base.link.was_closed());
  }
}

TEST_CASE("plain bytes on a link that has keys are not listened to") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  fixture.say_hello(base);
  const std::vector<uint8_t> plain = from_hex("b501000408076a00");
  base.link.feed(plain.data(), plain.size());
  fixture.fixture.settle();
  CHECK(fixture.errors(FrameError::kEncryptionMismatch) == 1);
  Envelope last;
  REQUIRE(base.next_message(last));  // in keys, though the last bytes were in plain
  CHECK(last.which_body == signalbox_unitlink_v1_Envelope_goodbye_tag);
}

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

TEST_CASE("a second base with the key takes over, and the first is told, encrypted") {
  SecureLampFixture fixture;
  SecureBase first, second;
  REQUIRE(fixture.open(first));
  fixture.say_hello(first);
  REQUIRE(fixture.open(second));
  CHECK_FALSE(first.link.was_closed());
  fixture.say_hello(second);
  Envelope last;
  REQUIRE(first.next_message(last));
  CHECK(last.body.goodbye.reason ==
        signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_TAKEN_OVER);
  CHECK(first.link.was_closed());
}

TEST_CASE("a base that takes over from one which reads nothing gets only its own") {
  SecureLampFixture fixture;
  SecureBase first, second;
  REQUIRE(fixture.open(first));
  fixture.say_hello(first);
  first.link.allow_writes(0);
  for (uint32_t id = 2; id < 40; ++id) first.send(describe(id, 0));
  fixture.fixture.pass(10);
  first.link.allow_writes(100);  // and the rest of the buffer goes with it
  REQUIRE(fixture.open(second));
  fixture.say_hello(second);
  CHECK(first.link.was_closed());
  CHECK(status_of(fixture.call(second, read(2, Lamp::kOn)).body.result) == Status::kOk);
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
  // Not read any further: there is no room for what it would have to be told.
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

TEST_CASE("a peer that shakes no hands is closed after 5 s, and one too many at once") {
  SecureLampFixture fixture;
  SecureBase silent, surplus;
  fixture.connect(silent);
  fixture.connect(surplus);
  REQUIRE(surplus.next_frame());
  fixture.expect_refusal(surplus, GoodbyeReason::kBusy);
  fixture.fixture.pass(5000);
  REQUIRE(silent.next_frame());
  fixture.expect_refusal(silent, GoodbyeReason::kNoHello);
}

TEST_CASE("an answer longer than the base accepts with its tag becomes no_memory") {
  SecureLampFixture fixture;
  SecureBase base;
  REQUIRE(fixture.open(base));
  base.send(hello(1, 1, 1, 96));
  fixture.fixture.settle();
  Envelope answer;
  REQUIRE(base.next_message(answer));
  CHECK(status_of(fixture.call(base, describe(2, 12)).body.result) == Status::kNoMemory);
  CHECK(status_of(fixture.call(base, read(3, 32)).body.result) == Status::kOk);
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
