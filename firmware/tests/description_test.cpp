#include "core/description.h"

#include "core/sha256.h"
#include "tests/fixture.h"
#include "tests/schema_hashes.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

std::string sha256_hex(const std::string& text) {
  Sha256 sha;
  sha.update(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  uint8_t digest[Sha256::kDigestBytes];
  sha.finish(digest);
  return to_hex(digest, sizeof digest);
}

// The one affordance of the wire document's example.
class ColorOnly final : public Capability {
 public:
  AffordanceSpecs affordances() const override {
    static constexpr ValueSpec kRgb = color_value();
    static constexpr AffordanceSpec kColor[] = {
        property(2, "color", "Colour", "light.color", kRgb,
                 kReadable | kWritable | kObservable | kIdempotent)};
    return kColor;
  }
};

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
  CHECK(sha256_hex("") ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("the schema hash is that of the documented example") {
  ColorOnly color;
  Capability* const capabilities[] = {&color};
  const UnitDescription description(capabilities, 1);
  CHECK(description.schema_hash() == 0x779f95caaa752b48ull);
}

TEST_CASE("the schema hash covers every affordance in order") {
  LampFixture lamp;
  Sha256 sha;
  for (uint32_t index = 0; index < lamp.unit.unit.description().count(); ++index) {
    // By way of the wire: what the base receives is what is hashed.
    Envelope envelope = blank(1, signalbox_unitlink_v1_Envelope_description_tag);
    REQUIRE(lamp.unit.unit.description().describe(index, envelope.body.description));
    uint8_t frame[kMaxFrameBytes];
    const size_t size = encode_plain_frame(envelope, frame, sizeof frame);
    REQUIRE(size > 0);
    // The affordance is the last field of the last field; its length stands before it.
    Envelope alone = envelope;
    alone.body.description = {};
    alone.body.description.has_affordance = true;
    alone.body.description.affordance = envelope.body.description.affordance;
    uint8_t bare[kMaxFrameBytes];
    REQUIRE(encode_plain_frame(alone, bare, sizeof bare) > 0);
    // 4 header, 2 request id, then tag + length of description, tag + length of
    // affordance
    size_t at = 4 + 2 + 1;
    while ((bare[at++] & 0x80) != 0) {
    }
    ++at;
    size_t length = bare[at] & 0x7Fu;
    if ((bare[at++] & 0x80) != 0) length |= static_cast<size_t>(bare[at++]) << 7;
    const uint8_t prefix[2] = {static_cast<uint8_t>(length >> 8),
                               static_cast<uint8_t>(length)};
    sha.update(prefix, 2);
    sha.update(bare + at, length);
  }
  uint8_t digest[Sha256::kDigestBytes];
  sha.finish(digest);
  uint64_t expected = 0;
  for (int i = 0; i < 8; ++i) expected = expected << 8 | digest[i];
  CHECK(lamp.unit.unit.description().schema_hash() == expected);
}

TEST_CASE("the schema hashes of the stock units are stable") {
  LampFixture lamp;
  LightFixture light;
  RelayFixture relay;
  ButtonFixture button;
  ClimateFixture climate;
  CHECK(lamp.unit.unit.description().schema_hash() == kLampSchemaHash);
  CHECK(light.unit.unit.description().schema_hash() == kLightSensorSchemaHash);
  CHECK(relay.unit.unit.description().schema_hash() == kRelaySchemaHash);
  CHECK(button.unit.unit.description().schema_hash() == kButtonSchemaHash);
  CHECK(climate.unit.unit.description().schema_hash() == kThermometerSchemaHash);
}

TEST_CASE("pids are unique, between 1 and 63, and findable") {
  LampFixture lamp;
  LightFixture light;
  RelayFixture relay;
  ButtonFixture button;
  ClimateFixture climate;
  for (const Unit* unit : {&lamp.unit.unit, &light.unit.unit, &relay.unit.unit,
                           &button.unit.unit, &climate.unit.unit}) {
    uint64_t seen = 0;
    for (uint32_t index = 0; index < unit->description().count(); ++index) {
      Description message = {};
      REQUIRE(unit->description().describe(index, message));
      const uint32_t pid = message.affordance.pid;
      CHECK(pid >= 1);
      CHECK(pid <= 63);
      CHECK((seen >> pid & 1) == 0);
      seen |= uint64_t{1} << pid;
      CHECK(unit->description().find(pid).spec.pid == pid);
    }
  }
}

TEST_CASE("no text of a stock unit is cut by its size on the wire") {
  LampFixture lamp;
  LightFixture light;
  RelayFixture relay;
  ButtonFixture button;
  ClimateFixture climate;
  Capability* all[4 + CapabilityTable::kCount] = {&light.unit.sensor, &relay.unit.relay,
                                                  &button.unit.button,
                                                  &climate.unit.thermometer};
  memcpy(all + 4, lamp.unit.capabilities.items, sizeof lamp.unit.capabilities.items);
  for (Capability* capability : all) {
    const AffordanceSpecs specs = capability->affordances();
    for (uint8_t i = 0; i < specs.count; ++i) {
      Affordance message = {};
      const AffordanceSpec spec = specs.at(i);
      fill_affordance(spec, message);
      CHECK(std::string(message.name) == spec.name.text);
      CHECK(std::string(message.title) == spec.title.text);
      CHECK(std::string(message.semantic) == spec.semantic.text);
    }
  }
}

TEST_CASE("describe returns each affordance, and out_of_range past the last") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  const uint32_t count = lamp.unit.unit.description().count();
  CHECK(count == 30);
  for (uint32_t index = 0; index < count; ++index) {
    base.send(describe(index + 2, index));
    lamp.fixture.settle();
    const Envelope answer = base.heard_one();
    CHECK(answer.request_id == index + 2);
    REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_description_tag);
    CHECK(answer.body.description.index == index);
    CHECK(answer.body.description.count == count);
    CHECK(answer.body.description.schema_hash ==
          lamp.unit.unit.description().schema_hash());
  }
  CHECK(status_of(lamp.fixture.call(base, describe(99, count))) == Status::kOutOfRange);
}
