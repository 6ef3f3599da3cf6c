#include "core/frame_decoder.h"

#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Outcome {
  std::vector<std::string> bodies;
  std::string error = "none";
};

Outcome decode(LinkSecurity security, const std::vector<std::vector<uint8_t>>& chunks) {
  Outcome outcome;
  FrameDecoder decoder;
  decoder.reset(security);
  for (const std::vector<uint8_t>& chunk : chunks) {
    const uint8_t* data = chunk.data();
    size_t size = chunk.size();
    for (;;) {
      const FrameDecoder::Progress progress = decoder.feed(data, size);
      if (progress != FrameDecoder::Progress::kFrame) break;
      outcome.bodies.push_back(to_hex(decoder.body(), decoder.body_bytes()));
      if (size == 0) break;
    }
  }
  outcome.error = frame_error_name(decoder.error());
  return outcome;
}

std::vector<std::vector<uint8_t>> byte_by_byte(const std::vector<uint8_t>& bytes) {
  std::vector<std::vector<uint8_t>> chunks;
  for (const uint8_t byte : bytes) chunks.push_back({byte});
  return chunks;
}

}  // namespace

TEST_CASE("every frame vector decodes to its bodies and its error") {
  for (const Vector& vector : load_vectors("frames.json").objects("vectors")) {
    CAPTURE(vector.text("name"));
    const LinkSecurity security =
        vector.text("mode") == "plain" ? LinkSecurity::kPlain : LinkSecurity::kEncrypted;
    std::vector<std::vector<uint8_t>> chunks;
    std::vector<uint8_t> whole;
    for (const std::string& chunk : vector.texts("chunks")) {
      chunks.push_back(from_hex(chunk));
      whole.insert(whole.end(), chunks.back().begin(), chunks.back().end());
    }
    const std::vector<std::string> bodies = vector.texts("bodies");
    const std::string error = vector.has("error") ? vector.text("error") : "none";

    for (const auto& cut : {chunks, {whole}, byte_by_byte(whole)}) {
      const Outcome outcome = decode(security, cut);
      CHECK(outcome.bodies == bodies);
      CHECK(outcome.error == error);
    }
  }
}

TEST_CASE("a frame cut in two at any byte is the same frame") {
  const std::vector<uint8_t> frames = from_hex("b501000408076a00b5010006080772020864");
  for (size_t cut = 0; cut <= frames.size(); ++cut) {
    CAPTURE(cut);
    const auto middle = frames.begin() + static_cast<ptrdiff_t>(cut);
    const Outcome outcome =
        decode(LinkSecurity::kPlain, {{frames.begin(), middle}, {middle, frames.end()}});
    CHECK(outcome.bodies == std::vector<std::string>{"08076a00", "080772020864"});
    CHECK(outcome.error == "none");
  }
}

TEST_CASE("a length above 1280 is refused at its first byte") {
  CHECK(decode(LinkSecurity::kPlain, {from_hex("b50105")}).error == "body_too_long");
}

TEST_CASE("an error stays and consumes nothing") {
  FrameDecoder decoder;
  decoder.reset(LinkSecurity::kPlain);
  const std::vector<uint8_t> bytes = from_hex("00b501000408076a00");
  const uint8_t* data = bytes.data();
  size_t size = bytes.size();
  CHECK(decoder.feed(data, size) == FrameDecoder::Progress::kError);
  CHECK(size == bytes.size());
  CHECK(decoder.feed(data, size) == FrameDecoder::Progress::kError);
  CHECK(size == bytes.size());
}

TEST_CASE("a reset decoder serves the next link") {
  FrameDecoder decoder;
  decoder.reset(LinkSecurity::kPlain);
  const std::vector<uint8_t> bytes = from_hex("b50100");
  const uint8_t* data = bytes.data();
  size_t size = bytes.size();
  CHECK(decoder.feed(data, size) == FrameDecoder::Progress::kNeedMore);
  decoder.reset(LinkSecurity::kPlain);
  const std::vector<uint8_t> frame = from_hex("b501000408076a00");
  data = frame.data();
  size = frame.size();
  CHECK(decoder.feed(data, size) == FrameDecoder::Progress::kFrame);
  CHECK(to_hex(decoder.body(), decoder.body_bytes()) == "08076a00");
}
