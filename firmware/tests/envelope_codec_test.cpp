#include "core/envelope_codec.h"

#include "core/utf8.h"
#include "tests/messages.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("every message vector decodes, and encodes to the same bytes") {
  for (const Vector& vector : load_vectors("messages.json").objects("vectors")) {
    CAPTURE(vector.text("name"));
    const std::string hex = vector.text("hex");
    const std::vector<uint8_t> body = from_hex(hex);
    Envelope envelope = {};
    REQUIRE(decode_envelope(body.data(), body.size(), envelope) == Decoded::kMessage);
    const Vector said = vector.object("envelope");
    CHECK(envelope.request_id == (said.has("requestId") ? said.number("requestId") : 0));

    uint8_t frame[kMaxFrameBytes];
    const size_t size = encode_plain_frame(envelope, frame, sizeof frame);
    REQUIRE(size == kFrameHeaderBytes + body.size());
    CHECK(to_hex(frame + kFrameHeaderBytes, body.size()) == hex);
    CHECK(frame[0] == kMagicPlain);
    CHECK((frame[2] << 8 | frame[3]) == static_cast<int>(body.size()));
  }
}

TEST_CASE("every malformed vector is refused") {
  for (const Vector& vector : load_vectors("messages.json").objects("malformed")) {
    CAPTURE(vector.text("name"));
    const std::vector<uint8_t> body = vector.bytes("hex");
    Envelope envelope = {};
    CHECK(decode_envelope(body.data(), body.size(), envelope) == Decoded::kMalformed);
  }
}

TEST_CASE("a message of a later version keeps its request id readable") {
  for (const Vector& vector : load_vectors("messages.json").objects("unknown")) {
    CAPTURE(vector.text("name"));
    const std::vector<uint8_t> body = vector.bytes("hex");
    Envelope envelope = {};
    CHECK(decode_envelope(body.data(), body.size(), envelope) ==
          Decoded::kUnknownMessage);
    CHECK(envelope.request_id == vector.number("requestId"));
  }
}

TEST_CASE("unknown fields beside a known message are ignored") {
  // ping with request id 7, and field 60 as a varint, a string and a fixed64
  const std::vector<uint8_t> body =
      from_hex("08076a00e00305e203026869e1030102030405060708");
  Envelope envelope = {};
  CHECK(decode_envelope(body.data(), body.size(), envelope) == Decoded::kMessage);
  CHECK(envelope.which_body == signalbox_unitlink_v1_Envelope_ping_tag);
}

TEST_CASE(
    "a body cut at any byte is refused or means less, and never reads past its end") {
  for (const Vector& vector : load_vectors("messages.json").objects("vectors")) {
    const std::vector<uint8_t> body = vector.bytes("hex");
    for (size_t size = 0; size < body.size(); ++size) {
      // An exact copy, so that the sanitizer sees each byte read beyond the cut.
      const std::vector<uint8_t> cut(body.begin(),
                                     body.begin() + static_cast<ptrdiff_t>(size));
      Envelope envelope = {};
      CHECK(decode_envelope(cut.data(), cut.size(), envelope) !=
            Decoded::kUnknownMessage);
    }
  }
}

TEST_CASE("text that is not UTF-8 makes a message malformed") {
  // write pid 1, value.text = one byte FF
  const std::vector<uint8_t> body = from_hex(
      "08013207100"
      "11a032201ff");
  Envelope envelope = {};
  CHECK(decode_envelope(body.data(), body.size(), envelope) == Decoded::kMalformed);
}

TEST_CASE("UTF-8 is distinguished from what looks like it") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xA1"));
  CHECK_FALSE(is_utf8("\x80"));
  CHECK_FALSE(is_utf8("\xC3"));
  CHECK_FALSE(is_utf8("\xC0\xAF"));
  CHECK_FALSE(is_utf8("\xE0\x80\xAF"));
  CHECK_FALSE(is_utf8("\xED\xA0\x80"));
  CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));
  CHECK_FALSE(is_utf8("\xFF"));
}

TEST_CASE("a frame that does not fit is not written") {
  uint8_t frame[7] = {};
  CHECK(encode_plain_frame(ping(7), frame, sizeof frame) == 0);
  CHECK(encode_plain_frame(ping(7), frame, 4) == 0);
  uint8_t enough[8] = {};
  CHECK(encode_plain_frame(ping(7), enough, sizeof enough) == sizeof enough);
}
