// docs/unit-link.md section 7: who gets keys, and what happens to who has none.
#include <algorithm>

#include "core/x25519.h"
#include "tests/rig.h"
#include "tests/secure_base.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct SecureLampRig : FakeBoard {
  FakeLamp lamp;
  FakeSecurity security;
  LampUnit unit{
      kLampIdentity, ports, lamp, {}, LinkProtection::encrypted(kTestKey, security)};
  Rig rig{unit.unit};

  const SessionCounters& counters() const { return unit.unit.counters(); }
  uint32_t errors(FrameError error) const {
    return counters().frame_errors[static_cast<size_t>(error)];
  }
  void connect(SecureBase& base) { unit.unit.accept(base.link, rig.now_ms); }
  bool open(SecureBase& base) {
    connect(base);
    return base.open([this] { rig.settle(); });
  }
  bool resume(SecureBase& base, const TicketSecret& ticket) {
    connect(base);
    return base.resume(ticket, [this] { rig.settle(); });
  }
  // Hello and its answer: the keys are proved then.
  void greet(SecureBase& base) {
    base.send(hello());
    rig.settle();
    Envelope answer;
    REQUIRE(base.next_message(answer));
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_hello_tag);
  }
  Envelope ask(SecureBase& base, const Envelope& request) {
    base.send(request);
    rig.settle();
    Envelope answer = {};
    REQUIRE(base.next_message(answer));
    CHECK(answer.request_id == request.request_id);
    return answer;
  }
  // The base says goodbye and is free for another connection.
  void leave(SecureBase& base) {
    base.send(goodbye());
    rig.settle();
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

TEST_CASE("a base with the key is served, and nothing it says or hears is readable") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  rig.greet(base);
  const Envelope answer = rig.ask(base, write(2, Lamp::kOn, boolean(true)));
  CHECK(status_of(answer.body.result) == Status::kOk);
  CHECK(rig.lamp.shown.on);
  const std::string said(reinterpret_cast<const char*>(base.link.sent()),
                         base.link.sent_bytes());
  CHECK(said.find("rgb-lamp") == std::string::npos);
  CHECK(rig.counters().handshakes == 1);
  // Between the steps of both multiplications on the curve, and fast only meanwhile.
  CHECK(rig.security.rests() >= 2 * 255 / kX25519StepsToRest);
  CHECK(rig.security.computations() == 1);
  CHECK_FALSE(rig.security.is_computing());
}

TEST_CASE("a base with another key is told so, and closed") {
  SecureLampRig rig;
  const uint8_t other[kKeyBytes] = {9};
  SecureBase base(other);
  CHECK_FALSE(rig.open(base));
  rig.expect_refusal(base, GoodbyeReason::kWrongKey);
  CHECK(rig.errors(FrameError::kBadHandshake) == 1);
  CHECK(rig.security.rests() == 0);  // no computation on the curve for strangers
}

TEST_CASE("a base that speaks plain is told in plain that it must not") {
  SecureLampRig rig;
  Base base;
  rig.rig.connect(base);
  base.send(hello());
  rig.rig.settle();
  base.expect_goodbye(GoodbyeReason::kEncryptionRequired);
  CHECK(rig.errors(FrameError::kEncryptionMismatch) == 1);
}

TEST_CASE("a plain unit answers nothing encrypted") {
  LampRig lamp;
  Base base;
  lamp.rig.connect(base);
  base.send_bytes(from_hex("b6"));
  lamp.rig.settle();
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
    SecureLampRig rig;
    SecureBase base;
    rig.connect(base);
    const std::vector<uint8_t> bytes = from_hex(opening);
    base.link.feed(bytes.data(), bytes.size());
    rig.rig.settle();
    if (bytes.size() < kFrameHeaderBytes + bytes[3]) {
      CHECK_FALSE(base.link.was_closed());
      continue;
    }
    REQUIRE(base.next_frame());
    rig.expect_refusal(base, GoodbyeReason::kProtocolError);
    CHECK(rig.errors(FrameError::kBadHandshake) == 1);
  }
}

TEST_CASE("a frame with one other bit closes the link and is counted") {
  // Each byte of the tag and of the message; those of the header in the next test.
  for (size_t byte = kFrameHeaderBytes;; ++byte) {
    CAPTURE(byte);
    SecureLampRig rig;
    SecureBase base;
    REQUIRE(rig.open(base));
    rig.greet(base);
    uint8_t frame[kMaxFrameBytes];
    const Envelope request = write(2, Lamp::kOn, boolean(true));
    const size_t size =
        base.channel.seal_frame(frame, encode_plain_frame(request, frame, sizeof frame));
    if (byte == size) break;
    frame[byte] = static_cast<uint8_t>(frame[byte] ^ 1u << (byte & 7));
    base.link.feed(frame, size);
    rig.rig.settle();
    CHECK(rig.errors(FrameError::kBadTag) == 1);
    CHECK_FALSE(rig.lamp.shown.on);
    Envelope last;
    REQUIRE(base.next_message(last));
    CHECK(last.body.goodbye.reason ==
          signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_PROTOCOL_ERROR);
    CHECK(base.link.was_closed());
  }
}

TEST_CASE("the header is part of what is sealed") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  rig.greet(base);
  // A longer frame whose bytes are those of a shorter one and of the next one's header.
  uint8_t frame[kMaxFrameBytes];
  const size_t size =
      base.channel.seal_frame(frame, encode_plain_frame(ping(2), frame, sizeof frame));
  frame[3] = static_cast<uint8_t>(frame[3] + 1);
  frame[size] = 0;
  base.link.feed(frame, size + 1);
  rig.rig.settle();
  CHECK(rig.errors(FrameError::kBadTag) == 1);
  CHECK(base.link.was_closed());
}

TEST_CASE("a frame too short for a tag and a message is refused") {
  for (const uint8_t size : {uint8_t{1}, uint8_t{15}, uint8_t{16}}) {
    SecureLampRig rig;
    SecureBase base;
    REQUIRE(rig.open(base));
    uint8_t frame[kFrameHeaderBytes + 16] = {kMagicEncrypted, kFrameVersion, 0, size};
    base.link.feed(frame, kFrameHeaderBytes + size);
    rig.rig.settle();
    CHECK(rig.errors(FrameError::kBadTag) == 1);
    CHECK(base.link.was_closed());
  }
}

TEST_CASE("plain bytes on a link that has keys are not listened to") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  rig.greet(base);
  const std::vector<uint8_t> plain = from_hex("b501000408076a00");
  base.link.feed(plain.data(), plain.size());
  rig.rig.settle();
  CHECK(rig.errors(FrameError::kEncryptionMismatch) == 1);
  Envelope last;
  REQUIRE(base.next_message(last));  // in keys, though the last bytes were in plain
  CHECK(last.which_body == signalbox_unitlink_v1_Envelope_goodbye_tag);
}

TEST_CASE("a recorded conversation said again gets no further than the handshake") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  uint8_t frame[kMaxFrameBytes];
  const size_t size =
      base.channel.seal_frame(frame, encode_plain_frame(hello(), frame, sizeof frame));
  base.link.feed(frame, size);
  rig.rig.settle();

  FakeLink replayed;
  rig.unit.unit.accept(replayed, rig.rig.now_ms);
  replayed.feed(base.opening(), base.opening_bytes());
  replayed.feed(frame, size);
  rig.rig.settle();
  CHECK(replayed.was_closed());
  CHECK(rig.errors(FrameError::kBadTag) == 1);
  CHECK(rig.counters().takeovers == 0);
  CHECK_FALSE(base.link.was_closed());
  // Nor did it cost the real base its ticket.
  const TicketSecret ticket = base.ticket;
  SecureBase next;
  CHECK(rig.resume(next, ticket));
}

TEST_CASE("a ticket opens one connection, without a computation on the curve") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  rig.greet(base);
  const TicketSecret first = base.ticket;
  const unsigned before = rig.security.rests();
  rig.leave(base);
  REQUIRE(rig.resume(base, first));
  rig.greet(base);
  CHECK(rig.security.rests() == before);
  CHECK(rig.counters().resumptions == 1);
  CHECK(memcmp(base.ticket.key, first.key, kKeyBytes) != 0);

  SecureBase thief;
  CHECK_FALSE(rig.resume(thief, first));
  REQUIRE(thief.body_bytes() == 1);
  CHECK(thief.body()[0] == 4);
  CHECK_FALSE(thief.link.was_closed());
  // It may still shake hands in full, if it has the key.
  CHECK(thief.open([&rig] { rig.rig.settle(); }));
}

TEST_CASE("a ticket is good only after a frame has proved the keys") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  SecureBase early;
  const TicketSecret ticket = base.ticket;
  base.link.hang_up();
  rig.rig.settle();
  CHECK_FALSE(rig.resume(early, ticket));
  CHECK(early.body()[0] == 4);
}

TEST_CASE("who knows a ticket's number but not its key cannot use it up") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  rig.greet(base);
  TicketSecret forged = base.ticket;
  const TicketSecret good = base.ticket;
  forged.key[0] ^= 1;
  SecureBase forger;
  CHECK_FALSE(rig.resume(forger, forged));
  rig.expect_refusal(forger, GoodbyeReason::kWrongKey);
  SecureBase again;
  CHECK(rig.resume(again, good));
}

TEST_CASE("tickets end after a hundred connections, and after a day") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  rig.greet(base);
  for (uint32_t use = 0; use < TicketSlot::kMostUses; ++use) {
    CAPTURE(use);
    const TicketSecret ticket = base.ticket;
    rig.leave(base);
    REQUIRE(rig.resume(base, ticket));
    rig.greet(base);
  }
  const TicketSecret worn = base.ticket;
  rig.leave(base);
  CHECK_FALSE(rig.resume(base, worn));
  REQUIRE(base.open([&rig] { rig.rig.settle(); }));
  rig.greet(base);
  const TicketSecret aged = base.ticket;
  rig.leave(base);
  rig.rig.now_ms += TicketSlot::kMostAgeMs;
  CHECK_FALSE(rig.resume(base, aged));
}

TEST_CASE("a second base with the key takes over, and the first is told in its keys") {
  SecureLampRig rig;
  SecureBase first, second;
  REQUIRE(rig.open(first));
  rig.greet(first);
  REQUIRE(rig.open(second));
  CHECK_FALSE(first.link.was_closed());
  rig.greet(second);
  Envelope last;
  REQUIRE(first.next_message(last));
  CHECK(last.body.goodbye.reason ==
        signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_TAKEN_OVER);
  CHECK(first.link.was_closed());
}

TEST_CASE("a base that takes over from one which reads nothing hears only its own") {
  SecureLampRig rig;
  SecureBase first, second;
  REQUIRE(rig.open(first));
  rig.greet(first);
  first.link.allow_writes(0);
  for (uint32_t id = 2; id < 40; ++id) first.send(describe(id, 0));
  rig.rig.pass(10);
  first.link.allow_writes(100);  // and the rest of the buffer goes with it
  REQUIRE(rig.open(second));
  rig.greet(second);
  CHECK(first.link.was_closed());
  CHECK(status_of(rig.ask(second, read(2, Lamp::kOn)).body.result) == Status::kOk);
}

TEST_CASE("each refused ticket is answered whole, however late the base reads") {
  SecureLampRig rig;
  SecureBase base;
  rig.connect(base);
  uint8_t opening[kFrameHeaderBytes + 1 + kTicketIdBytes + kKeyBytes + kTagBytes] = {};
  write_header(opening, sizeof opening - kFrameHeaderBytes, LinkSecurity::kEncrypted);
  opening[kFrameHeaderBytes] = static_cast<uint8_t>(HandshakeKind::kResume);
  constexpr int kOpenings = 200;
  base.link.allow_writes(0);
  for (int i = 0; i < kOpenings; ++i) base.link.feed(opening, sizeof opening);
  rig.rig.pass(1000);
  // Not read any further: there is no room for what it would have to be told.
  CHECK(base.link.unread_bytes() > 100 * sizeof opening);
  base.link.allow_writes(SIZE_MAX);
  rig.rig.pass(1000);
  int answers = 0;
  for (; base.next_frame(); ++answers) {
    REQUIRE(base.magic == kMagicEncrypted);
    REQUIRE(base.body_bytes() == 1);
  }
  CHECK(answers == kOpenings);
  CHECK_FALSE(base.link.was_closed());
}

TEST_CASE("a peer that shakes no hands is closed after 5 s, and one too many at once") {
  SecureLampRig rig;
  SecureBase silent, surplus;
  rig.connect(silent);
  rig.connect(surplus);
  REQUIRE(surplus.next_frame());
  rig.expect_refusal(surplus, GoodbyeReason::kBusy);
  rig.rig.pass(5000);
  REQUIRE(silent.next_frame());
  rig.expect_refusal(silent, GoodbyeReason::kNoHello);
}

TEST_CASE("an answer longer than the base takes with its tag becomes no_memory") {
  SecureLampRig rig;
  SecureBase base;
  REQUIRE(rig.open(base));
  base.send(hello(1, 1, 1, 96));
  rig.rig.settle();
  Envelope answer;
  REQUIRE(base.next_message(answer));
  CHECK(status_of(rig.ask(base, describe(2, 12)).body.result) == Status::kNoMemory);
  CHECK(status_of(rig.ask(base, read(3, 32)).body.result) == Status::kOk);
}

TEST_CASE("a closed connection leaves neither keys nor tickets in its place") {
  SecureLampRig rig;
  SecureBase base;
  static Peer peer;  // static: its bytes are searched, also those that were never set
  static OpeningBuffer unsent;
  peer.open(base.link, LinkSecurity::kEncrypted, unsent, 0);
  TicketSlot tickets;
  REQUIRE(base.open([&] {
    const uint8_t* data = base.opening();
    size_t size = base.opening_bytes();
    CHECK(peer.decoder().feed(data, size) == FrameDecoder::Progress::kFrame);
    CHECK(peer.secure(LinkProtection::encrypted(kTestKey, rig.security), tickets, 0) ==
          OpeningEnd::kSecured);
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
