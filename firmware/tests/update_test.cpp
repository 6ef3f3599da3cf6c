// docs/unit-link.md section 11: updates over the link, by the vectors and by the rules.
#include "core/version_number.h"
#include "tests/allocation_counter.h"
#include "tests/fixture.h"
#include "tests/update_fixture.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("versions are compared by number") {
  uint64_t older = 0;
  uint64_t newer = 0;
  REQUIRE(parse_version("1.9.65535", older));
  REQUIRE(parse_version("1.10.0", newer));
  CHECK(older < newer);
  for (const char* wrong : {"", "1", "1.2", "1.2.", "1.2.3.4", "1.2.65536", "01.2.3",
                            "1.2.3 ", "a.b.c", "1..2", "4294967297.0.0"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_version(wrong, older));
  }
}

TEST_CASE("a key is identified by its id, and read from base64") {
  const UpdateVectors vectors;
  const std::vector<uint32_t> ids = vectors.file.numbers("trustedIds");
  REQUIRE(ids.size() == vectors.trust.count);
  for (size_t i = 0; i < ids.size(); ++i) {
    CHECK(vectors.trust.keys[i].id() == ids[i]);
    CHECK(vectors.trust.find(ids[i]) == &vectors.trust.keys[i]);
  }
  CHECK(vectors.trust.find(1) == nullptr);
  UpdateKey key;
  CHECK_FALSE(parse_update_key("", key));
  // 65 zeros: not an uncompressed point.
  CHECK_FALSE(parse_update_key((std::string(87, 'A') + "=").c_str(), key));
  CHECK(parse_update_key((" BA" + std::string(85, 'A') + "=\n").c_str(), key));
  CHECK(key.point[0] == 4);
}

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

TEST_CASE("an image is stored, read back, and armed only on request") {
  UpdateFixture fixture;
  fixture.say_hello();
  UpdateStatus status = fixture.call(begin_with(2, fixture.vectors.good()));
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_RECEIVING);
  CHECK(status.next_offset == 0);
  CHECK(status.confirmed);
  fixture.send_image();
  CHECK(fixture.error_of(
            update_request(3, signalbox_unitlink_v1_Envelope_update_apply_tag)) ==
        std::string("out_of_order"));
  fixture.settle();
  status = fixture.call(update_query(4));
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_VERIFIED);
  CHECK(status.next_offset == fixture.vectors.image.size());
  CHECK_FALSE(fixture.port.armed);
  CHECK_FALSE(fixture.unit.ready_to_restart());

  status =
      fixture.call(update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag));
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_ARMED);
  CHECK(fixture.port.armed);
  fixture.settle();
  CHECK(fixture.unit.ready_to_restart());
}

TEST_CASE("nothing is installed while a restart would switch something off") {
  const Envelope apply =
      update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag);
  UpdateFixture fixture;
  fixture.download();
  CHECK_FALSE(fixture.call(update_query(3)).output_on);
  (void)fixture.answer_to(write(4, Lamp::kOn, boolean(true)));
  UpdateStatus status = fixture.call(apply);
  CHECK(std::string(update_error_name(status.error)) == "output_on");
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_VERIFIED);
  CHECK(status.output_on);
  fixture.now_ms += 3600000;
  fixture.settle();
  CHECK_FALSE(fixture.port.armed);
  CHECK_FALSE(fixture.unit.ready_to_restart());

  fixture.say_hello();  // the base was dropped for its silence
  (void)fixture.answer_to(write(6, Lamp::kOn, boolean(false)));
  status = fixture.call(apply);
  CHECK(std::string(update_error_name(status.error)) == "none");
  CHECK(fixture.port.armed);
}

TEST_CASE("a lamp that restores its state may be restarted while it is on") {
  UpdateFixture fixture;
  fixture.lamp_port.keeps = true;
  fixture.download();
  (void)fixture.answer_to(write(3, Lamp::kOn, boolean(true)));
  const UpdateStatus status =
      fixture.call(update_request(4, signalbox_unitlink_v1_Envelope_update_apply_tag));
  CHECK_FALSE(status.output_on);
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_ARMED);
}

TEST_CASE("the lamp answers between two chunks, and while the image is read back") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.call(begin_with(2, fixture.vectors.good()));
  fixture.call(update_chunk(3, 0, fixture.vectors.image.data(), 896));
  Envelope answer = fixture.answer_to(write(4, Lamp::kOn, boolean(true)));
  REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_result_tag);
  CHECK(status_of(answer.body.result) == Status::kOk);
  CHECK(fixture.lamp_port.shown.on);
  fixture.send_image(896);
  CHECK(fixture.receiver.state() == UpdateState::kVerifying);
  fixture.base.send(ping(5));
  fixture.unit.poll(fixture.now_ms);
  CHECK(fixture.receiver.state() == UpdateState::kVerifying);
  REQUIRE(fixture.base.next_message(answer));
  CHECK(answer.which_body == signalbox_unitlink_v1_Envelope_pong_tag);
}

TEST_CASE("the same manifest resumes where it was, also over another connection") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.call(begin_with(2, fixture.vectors.good()));
  fixture.call(update_chunk(3, 0, fixture.vectors.image.data(), 896));
  fixture.base.link.hang_up();
  fixture.settle();
  fixture.say_hello();
  const UpdateStatus status = fixture.call(begin_with(2, fixture.vectors.good()));
  CHECK(status.next_offset == 896);
  CHECK(fixture.port.begun == 1);
  fixture.send_image(896);
  fixture.settle();
  CHECK(fixture.receiver.state() == UpdateState::kVerified);
}

TEST_CASE("another manifest starts over, and a refused one leaves the first alone") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.call(begin_with(2, fixture.vectors.good()));
  fixture.call(update_chunk(3, 0, fixture.vectors.image.data(), 896));
  UpdateOffer forged = fixture.vectors.good();
  forged.manifest.back() ^= 1;
  UpdateStatus status = fixture.call(begin_with(4, forged));
  CHECK(std::string(update_error_name(status.error)) == "bad_signature");
  CHECK(status.next_offset == 896);
  status = fixture.call(begin_with(5, UpdateVectors::offer(fixture.vectors.begins[2])));
  CHECK(status.next_offset == 0);
  CHECK(fixture.port.discards == 1);
  CHECK(fixture.port.begun == 2);
}

TEST_CASE("what was stored before a restart is not requested again") {
  UpdateFixture fixture;
  memcpy(fixture.port.bytes, fixture.vectors.image.data(), 1024);
  fixture.port.kept_bytes = 1024;
  fixture.say_hello();
  CHECK(fixture.call(begin_with(2, fixture.vectors.good())).next_offset == 1024);
  fixture.send_image(1024);
  fixture.settle();
  CHECK(fixture.receiver.state() == UpdateState::kVerified);
}

TEST_CASE("an image that is all there is only read back") {
  UpdateFixture fixture;
  memcpy(fixture.port.bytes, fixture.vectors.image.data(), fixture.vectors.image.size());
  fixture.port.kept_bytes = static_cast<uint32_t>(fixture.vectors.image.size());
  fixture.say_hello();
  const UpdateStatus status = fixture.call(begin_with(2, fixture.vectors.good()));
  CHECK(status.next_offset == fixture.vectors.image.size());
  fixture.settle();
  CHECK(fixture.receiver.state() == UpdateState::kVerified);
}

TEST_CASE("a corrupt image is found, reported once, and discarded") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.call(begin_with(2, fixture.vectors.good()));
  fixture.call(update_chunk(3, 0, fixture.vectors.image.data(), 896));
  fixture.port.bytes[77] ^= 1;
  fixture.send_image(896);
  fixture.settle();
  UpdateStatus status = fixture.call(update_query(3));
  CHECK(std::string(update_error_name(status.error)) == "bad_hash");
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
  CHECK(fixture.port.discards == 1);
  CHECK(fixture.error_of(update_query(4)) == std::string("none"));
  CHECK(fixture.error_of(
            update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag)) ==
        std::string("out_of_order"));
  CHECK_FALSE(fixture.port.armed);
}

TEST_CASE("chunks that do not fit have no effect") {
  UpdateFixture fixture;
  fixture.say_hello();
  const uint8_t* image = fixture.vectors.image.data();
  CHECK(fixture.error_of(update_chunk(2, 0, image, 896)) == std::string("out_of_order"));
  fixture.call(begin_with(2, fixture.vectors.good()));
  constexpr struct {
    uint32_t offset, size;
  } kWrong[] = {{4, 4}, {0, 0}, {0, 3}, {896, 896}, {UINT32_MAX, 4}};
  for (const auto& wrong : kWrong) {
    CAPTURE(wrong.offset);
    CAPTURE(wrong.size);
    const UpdateStatus status =
        fixture.call(update_chunk(3, wrong.offset, image, wrong.size));
    CHECK(std::string(update_error_name(status.error)) == "out_of_order");
    CHECK(status.next_offset == 0);
  }
  CHECK(fixture.port.writes == 0);
  fixture.call(update_chunk(4, 0, image, 896));
  fixture.call(update_chunk(5, 896, image + 896, 896));
  // 208 bytes are left.
  CHECK(fixture.error_of(update_chunk(6, 1792, image, 212)) ==
        std::string("out_of_order"));
  CHECK(fixture.error_of(update_chunk(7, 1792, image + 1792, 208)) ==
        std::string("none"));
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

TEST_CASE("the storage is prepared between chunks, and at no other time") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.settle();
  CHECK(fixture.port.preparations == 0);
  fixture.call(begin_with(2, fixture.vectors.good()));
  fixture.settle();
  const int begun = fixture.port.preparations;
  CHECK(begun > 0);
  fixture.call(update_chunk(3, 0, fixture.vectors.image.data(), 896));
  fixture.settle();
  CHECK(fixture.port.preparations > begun);
  fixture.send_image(896);
  const int ended = fixture.port.preparations;
  fixture.settle();
  CHECK(fixture.port.preparations == ended);

  UpdateFixture failing;
  failing.say_hello();
  failing.port.fails_to_prepare = true;
  failing.call(begin_with(2, failing.vectors.good()));
  failing.settle();
  CHECK(failing.receiver.state() == UpdateState::kNothing);
  CHECK(failing.error_of(update_query(3)) == std::string("storage"));
  CHECK(failing.error_of(update_query(4)) == std::string("none"));
}

TEST_CASE("a turn that stores a chunk prepares nothing, and the next one does") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.base.send(begin_with(2, fixture.vectors.good()));
  // As from a base that does not wait for answers: one of the chunks arrives in the turn
  // after the decision.
  for (uint32_t id = 3; id < 80; ++id) {
    const auto offset = static_cast<uint32_t>(fixture.port.writes) * 4;
    fixture.base.send(update_chunk(id, offset, &fixture.vectors.image[offset], 4));
    const int preparations = fixture.port.preparations;
    const int writes = fixture.port.writes;
    const uint32_t due_in = fixture.unit.poll(fixture.now_ms);
    if (fixture.port.writes == writes) continue;
    CHECK(fixture.port.preparations == preparations);
    CHECK(due_in == 0);
  }
  CHECK(fixture.port.writes > 10);
  const int prepared = fixture.port.preparations;
  (void)fixture.unit.poll(fixture.now_ms);
  (void)fixture.unit.poll(fixture.now_ms);
  CHECK(fixture.port.preparations > prepared);
}

TEST_CASE("a storage failure ends the update, and the unit keeps working") {
  UpdateFixture fixture;
  const auto begun = [&] {
    return fixture.error_of(begin_with(2, fixture.vectors.good()));
  };
  const uint8_t* image = fixture.vectors.image.data();
  fixture.say_hello();
  fixture.port.fails_to_begin = true;
  CHECK(begun() == std::string("storage"));
  fixture.port.fails_to_begin = false;

  CHECK(begun() == std::string("none"));
  fixture.port.fails_to_write = true;
  CHECK(fixture.error_of(update_chunk(3, 0, image, 896)) == std::string("storage"));
  CHECK(fixture.receiver.state() == UpdateState::kNothing);
  fixture.port.fails_to_write = false;

  CHECK(begun() == std::string("none"));
  fixture.call(update_chunk(3, 0, image, 896));
  fixture.call(update_chunk(3, 896, image + 896, 896));
  fixture.port.fails_to_finish = true;
  CHECK(fixture.error_of(update_chunk(3, 1792, image + 1792, 208)) ==
        std::string("storage"));
  fixture.port.fails_to_finish = false;

  CHECK(begun() == std::string("none"));
  fixture.send_image();
  fixture.port.fails_to_read = true;
  fixture.settle();
  CHECK(fixture.error_of(update_query(4)) == std::string("storage"));
  fixture.port.fails_to_read = false;

  CHECK(begun() == std::string("none"));
  fixture.send_image();
  fixture.settle();
  fixture.port.fails_to_arm = true;
  CHECK(fixture.error_of(
            update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag)) ==
        std::string("storage"));
  CHECK(fixture.receiver.state() == UpdateState::kNothing);
  fixture.settle();
  CHECK_FALSE(fixture.unit.ready_to_restart());
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
  // An unconfirmed firmware is told before what is wrong with the version, and after what
  // is wrong with the manifest.
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

TEST_CASE("an update is discarded on request, but not once it is armed") {
  UpdateFixture fixture;
  fixture.download();
  const Envelope forget =
      update_request(3, signalbox_unitlink_v1_Envelope_update_abort_tag);
  CHECK(fixture.call(forget).state ==
        signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
  CHECK(fixture.port.discards == 1);

  constexpr auto kAnswered = UpdateReceiver::Accepted::kAnswered;
  UpdateStatus status = {};
  fixture.call(begin_with(4, fixture.vectors.good()));
  fixture.send_image();
  fixture.settle();
  const Envelope apply =
      update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag);
  REQUIRE(fixture.receiver.accept(apply, true, status) == kAnswered);
  REQUIRE(fixture.receiver.accept(forget, true, status) == kAnswered);
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_ARMED);
  REQUIRE(fixture.receiver.accept(apply, true, status) == kAnswered);
  CHECK(std::string(update_error_name(status.error)) == "none");
  REQUIRE(fixture.receiver.accept(begin_with(6, fixture.vectors.good()), true, status) ==
          kAnswered);
  CHECK(std::string(update_error_name(status.error)) == "out_of_order");
}

TEST_CASE("once it is armed, the record of starts is the next firmware's") {
  UpdateFixture fixture;
  fixture.download();
  const int stores = fixture.boot.stores;
  UpdateStatus status = {};
  REQUIRE(fixture.receiver.accept(
              update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag), true,
              status) == UpdateReceiver::Accepted::kAnswered);
  // What runs has proven good meanwhile, and is restarted by somebody.
  CHECK(fixture.receiver.poll(60000) == kIdle);
  fixture.receiver.leave_in_good_order();
  CHECK(fixture.boot.stores == stores);
}

TEST_CASE("an update allocates nothing") {
  UpdateFixture fixture;
  const UpdateOffer offer = fixture.vectors.good();
  const std::vector<uint8_t>& image = fixture.vectors.image;
  const Envelope begin = begin_with(2, offer);
  fixture.say_hello();
  const size_t before = allocations();
  fixture.base.send(begin);
  fixture.settle();
  for (uint32_t at = 0; at < image.size(); at += 896) {
    const size_t left = image.size() - at;
    fixture.base.send(update_chunk(3, at, image.data() + at, left < 896 ? left : 896));
    fixture.settle();
  }
  fixture.base.send(update_request(4, signalbox_unitlink_v1_Envelope_update_apply_tag));
  fixture.settle();
  CHECK(allocations() == before);
  CHECK(fixture.port.armed);
}
