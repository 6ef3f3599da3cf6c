// The base's side of one connection: sends envelopes, and reads back what the unit said.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/unit.h"
#include "tests/fake_link.h"
#include "tests/messages.h"

namespace signalbox::test {

class Base {
 public:
  FakeLink link;

  void send(const Envelope& envelope) {
    uint8_t frame[kMaxFrameBytes];
    const size_t size = encode_plain_frame(envelope, frame, sizeof frame);
    REQUIRE(size > 0);
    link.feed(frame, size);
  }
  void send_bytes(const std::vector<uint8_t>& bytes) {
    link.feed(bytes.data(), bytes.size());
  }

  // Everything the unit has said since the last call.
  std::vector<Envelope> heard() {
    std::vector<Envelope> messages;
    FrameDecoder decoder;
    decoder.reset(LinkSecurity::kPlain);
    const uint8_t* data = link.sent();
    size_t size = link.sent_bytes();
    while (size > 0) {
      const FrameDecoder::Progress progress = decoder.feed(data, size);
      REQUIRE(progress == FrameDecoder::Progress::kFrame);
      messages.emplace_back();
      REQUIRE(decode_envelope(decoder.body(), decoder.body_bytes(), messages.back()) ==
              Decoded::kMessage);
    }
    link.forget_sent();
    return messages;
  }
  // The one message the unit has said.
  Envelope heard_one() {
    const std::vector<Envelope> messages = heard();
    REQUIRE(messages.size() == 1);
    return messages[0];
  }
  Result result() {
    const Envelope envelope = heard_one();
    REQUIRE(envelope.which_body == signalbox_unitlink_v1_Envelope_result_tag);
    return envelope.body.result;
  }
  Report report() {
    const Envelope envelope = heard_one();
    REQUIRE(envelope.which_body == signalbox_unitlink_v1_Envelope_report_tag);
    CHECK(envelope.request_id == 0);
    return envelope.body.report;
  }
  void expect_goodbye(GoodbyeReason reason) {
    const std::vector<Envelope> messages = heard();
    REQUIRE(!messages.empty());
    REQUIRE(messages.back().which_body == signalbox_unitlink_v1_Envelope_goodbye_tag);
    CHECK(static_cast<int>(messages.back().body.goodbye.reason) ==
          static_cast<int>(reason));
    CHECK(link.was_closed());
  }
};

inline Status status_of(const Result& result) {
  return static_cast<Status>(result.status);
}

}  // namespace signalbox::test
