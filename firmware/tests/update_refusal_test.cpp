// docs/unit-link.md section 11: which updates a unit refuses, and why.
#include "tests/fixture.h"
#include "tests/update_fixture.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("every begin vector gets its answer, and nothing is stored of a refused one") {
  const UpdateVectors vectors;
  for (const Vector& vector : vectors.begins) {
    CAPTURE(vector.text("name"));
    UnitIdentity identity = kUpdateIdentity;
    identity.safe_mode = vector.has("safeMode") && vector.flag("safeMode");
    UpdateFixture fixture(identity);
    fixture.say_hello();
    const std::string error = vector.text("error");
    CHECK(fixture.error_of(begin_with(2, UpdateVectors::offer(vector))) == error);
    CHECK(fixture.port.begun == (error == "none" ? 1 : 0));
  }
}

TEST_CASE("a unit without encryption is not updated, whoever signed") {
  UpdateFixture fixture;
  UpdateReceiver receiver(kUpdateIdentity, fixture.trust, fixture.port, fixture.guard);
  UpdateStatus status = {};
  const uint8_t byte[4] = {};
  for (const Envelope& request :
       {begin_with(1, fixture.vectors.good()), update_chunk(2, 0, byte, 4),
        update_request(3, signalbox_unitlink_v1_Envelope_update_apply_tag),
        update_request(4, signalbox_unitlink_v1_Envelope_update_abort_tag)}) {
    REQUIRE(receiver.accept(request, false, status) ==
            UpdateReceiver::Accepted::kAnswered);
    CHECK(std::string(update_error_name(status.error)) == "not_encrypted");
  }
  CHECK(receiver.accept(update_query(5), false, status) ==
        UpdateReceiver::Accepted::kAnswered);
  CHECK(std::string(update_error_name(status.error)) == "none");
  CHECK(receiver.accept(ping(6), true, status) ==
        UpdateReceiver::Accepted::kNoUpdateRequest);
  CHECK(fixture.port.begun == 0);
}

TEST_CASE("a unit without update support says so") {
  LampFixture lamp;
  Base base;
  lamp.fixture.say_hello(base);
  CHECK(status_of(lamp.fixture.call(base, update_query(2))) == Status::kUnsupported);
  CHECK(status_of(lamp.fixture.call(base, begin_with(3, UpdateVectors().good()))) ==
        Status::kUnsupported);
}

TEST_CASE("an image that has no room is refused, and one that fits to the byte is not") {
  UpdateFixture fixture;
  fixture.say_hello();
  const uint32_t size = static_cast<uint32_t>(fixture.vectors.image.size());
  fixture.port.room = size - 1;
  const UpdateStatus status = fixture.call(begin_with(2, fixture.vectors.good()));
  CHECK(std::string(update_error_name(status.error)) == "no_room");
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
  fixture.port.room = size;
  CHECK(fixture.error_of(begin_with(3, fixture.vectors.good())) == std::string("none"));
}

TEST_CASE("refusals follow the order of the rules") {
  UpdateFixture fixture;
  fixture.say_hello();
  const auto named = [&](const char* name) {
    for (const Vector& vector : fixture.vectors.begins) {
      if (vector.text("name") == name) return UpdateVectors::offer(vector);
    }
    FAIL("no such vector");
    return UpdateOffer{};
  };
  UpdateOffer other_model = named("another model");
  other_model.signature[0] ^= 1;
  CHECK(fixture.error_of(begin_with(2, other_model)) == std::string("bad_signature"));
  other_model.key_id ^= 1;
  CHECK(fixture.error_of(begin_with(3, other_model)) == std::string("unknown_key"));
  // An unconfirmed firmware is reported before what is wrong with the version, and after
  // what is wrong with the manifest.
  BootRecord record;
  record.unconfirmed = true;
  UpdateUnitFixture unconfirmed(fixture.vectors.trust, kUpdateIdentity, record);
  unconfirmed.say_hello();
  const auto error_of = [&](const char* name) {
    return std::string(
        update_error_name(unconfirmed.call(begin_with(2, named(name))).error));
  };
  CHECK(error_of("an older version") == "unconfirmed");
  CHECK(error_of("a step that is missing") == "unconfirmed");
  CHECK(error_of("another model") == "wrong_model");
  CHECK(error_of("a version that is none") == "bad_manifest");
}
