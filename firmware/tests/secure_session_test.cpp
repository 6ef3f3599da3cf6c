// docs/unit-link.md section 7: who gets keys, and what happens to who has none.
#include "core/x25519.h"
#include "tests/secure_lamp_fixture.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

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

TEST_CASE("a base with another key gets the reason, and is closed") {
  SecureLampFixture fixture;
  const uint8_t other[kKeyBytes] = {9};
  SecureBase base(other);
  CHECK_FALSE(fixture.open(base));
  fixture.expect_refusal(base, GoodbyeReason::kWrongKey);
  CHECK(fixture.errors(FrameError::kBadHandshake) == 1);
  CHECK(fixture.security.rests() == 0);  // no computation on the curve without the key
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

TEST_CASE("a second base with the key takes over, and the first is notified, encrypted") {
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
