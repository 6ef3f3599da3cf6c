// docs/unit-link.md section 11: updates over the link, by the vectors and by the rules.
#include "core/version_number.h"
#include "tests/allocation_counter.h"
#include "tests/rig.h"
#include "tests/update_scene.h"

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

TEST_CASE("a key is told by its id, and read from base64") {
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
    UpdateScene scene(identity);
    scene.greet();
    const std::string error = vector.text("error");
    CHECK(scene.error_of(begin_with(2, UpdateVectors::offer(vector))) == error);
    CHECK(scene.port.begun == (error == "none" ? 1 : 0));
  }
}

TEST_CASE("an image is stored, read back, and armed only when told to") {
  UpdateScene scene;
  scene.greet();
  UpdateStatus status = scene.ask(begin_with(2, scene.vectors.good()));
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_RECEIVING);
  CHECK(status.next_offset == 0);
  CHECK(status.confirmed);
  scene.send_image();
  CHECK(scene.error_of(
            update_request(3, signalbox_unitlink_v1_Envelope_update_apply_tag)) ==
        std::string("out_of_order"));
  scene.settle();
  status = scene.ask(update_query(4));
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_VERIFIED);
  CHECK(status.next_offset == scene.vectors.image.size());
  CHECK_FALSE(scene.port.armed);
  CHECK_FALSE(scene.unit.ready_to_restart());

  status = scene.ask(update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag));
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_ARMED);
  CHECK(scene.port.armed);
  scene.settle();
  CHECK(scene.unit.ready_to_restart());
}

TEST_CASE("nothing is installed while a restart would switch something off") {
  const Envelope apply =
      update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag);
  UpdateScene scene;
  scene.download();
  CHECK_FALSE(scene.ask(update_query(3)).output_on);
  (void)scene.answer_to(write(4, Lamp::kOn, boolean(true)));
  UpdateStatus status = scene.ask(apply);
  CHECK(std::string(update_error_name(status.error)) == "output_on");
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_VERIFIED);
  CHECK(status.output_on);
  scene.now_ms += 3600000;
  scene.settle();
  CHECK_FALSE(scene.port.armed);
  CHECK_FALSE(scene.unit.ready_to_restart());

  scene.greet();  // the base was dropped for its silence
  (void)scene.answer_to(write(6, Lamp::kOn, boolean(false)));
  status = scene.ask(apply);
  CHECK(std::string(update_error_name(status.error)) == "none");
  CHECK(scene.port.armed);
}

TEST_CASE("a lamp that comes back as it was may be restarted while it is on") {
  UpdateScene scene;
  scene.lamp_port.keeps = true;
  scene.download();
  (void)scene.answer_to(write(3, Lamp::kOn, boolean(true)));
  const UpdateStatus status =
      scene.ask(update_request(4, signalbox_unitlink_v1_Envelope_update_apply_tag));
  CHECK_FALSE(status.output_on);
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_ARMED);
}

TEST_CASE("the lamp answers between two chunks, and while the image is read back") {
  UpdateScene scene;
  scene.greet();
  scene.ask(begin_with(2, scene.vectors.good()));
  scene.ask(update_chunk(3, 0, scene.vectors.image.data(), 896));
  Envelope answer = scene.answer_to(write(4, Lamp::kOn, boolean(true)));
  REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_result_tag);
  CHECK(status_of(answer.body.result) == Status::kOk);
  CHECK(scene.lamp_port.shown.on);
  scene.send_image(896);
  CHECK(scene.receiver.state() == UpdateState::kVerifying);
  scene.base.send(ping(5));
  scene.unit.poll(scene.now_ms);
  CHECK(scene.receiver.state() == UpdateState::kVerifying);
  REQUIRE(scene.base.next_message(answer));
  CHECK(answer.which_body == signalbox_unitlink_v1_Envelope_pong_tag);
}

TEST_CASE("the same manifest goes on where it was, also over another connection") {
  UpdateScene scene;
  scene.greet();
  scene.ask(begin_with(2, scene.vectors.good()));
  scene.ask(update_chunk(3, 0, scene.vectors.image.data(), 896));
  scene.base.link.hang_up();
  scene.settle();
  scene.greet();
  const UpdateStatus status = scene.ask(begin_with(2, scene.vectors.good()));
  CHECK(status.next_offset == 896);
  CHECK(scene.port.begun == 1);
  scene.send_image(896);
  scene.settle();
  CHECK(scene.receiver.state() == UpdateState::kVerified);
}

TEST_CASE("another manifest begins anew, and a refused one leaves the first alone") {
  UpdateScene scene;
  scene.greet();
  scene.ask(begin_with(2, scene.vectors.good()));
  scene.ask(update_chunk(3, 0, scene.vectors.image.data(), 896));
  UpdateOffer forged = scene.vectors.good();
  forged.manifest.back() ^= 1;
  UpdateStatus status = scene.ask(begin_with(4, forged));
  CHECK(std::string(update_error_name(status.error)) == "bad_signature");
  CHECK(status.next_offset == 896);
  status = scene.ask(begin_with(5, UpdateVectors::offer(scene.vectors.begins[2])));
  CHECK(status.next_offset == 0);
  CHECK(scene.port.discards == 1);
  CHECK(scene.port.begun == 2);
}

TEST_CASE("what is there from before a restart is not asked for again") {
  UpdateScene scene;
  memcpy(scene.port.bytes, scene.vectors.image.data(), 1024);
  scene.port.kept_bytes = 1024;
  scene.greet();
  CHECK(scene.ask(begin_with(2, scene.vectors.good())).next_offset == 1024);
  scene.send_image(1024);
  scene.settle();
  CHECK(scene.receiver.state() == UpdateState::kVerified);
}

TEST_CASE("an image that is all there is only read back") {
  UpdateScene scene;
  memcpy(scene.port.bytes, scene.vectors.image.data(), scene.vectors.image.size());
  scene.port.kept_bytes = static_cast<uint32_t>(scene.vectors.image.size());
  scene.greet();
  const UpdateStatus status = scene.ask(begin_with(2, scene.vectors.good()));
  CHECK(status.next_offset == scene.vectors.image.size());
  scene.settle();
  CHECK(scene.receiver.state() == UpdateState::kVerified);
}

TEST_CASE("what was stored wrong is found, told once, and forgotten") {
  UpdateScene scene;
  scene.greet();
  scene.ask(begin_with(2, scene.vectors.good()));
  scene.ask(update_chunk(3, 0, scene.vectors.image.data(), 896));
  scene.port.bytes[77] ^= 1;
  scene.send_image(896);
  scene.settle();
  UpdateStatus status = scene.ask(update_query(3));
  CHECK(std::string(update_error_name(status.error)) == "bad_hash");
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
  CHECK(scene.port.discards == 1);
  CHECK(scene.error_of(update_query(4)) == std::string("none"));
  CHECK(scene.error_of(
            update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag)) ==
        std::string("out_of_order"));
  CHECK_FALSE(scene.port.armed);
}

TEST_CASE("chunks that do not fit have no effect") {
  UpdateScene scene;
  scene.greet();
  const uint8_t* image = scene.vectors.image.data();
  CHECK(scene.error_of(update_chunk(2, 0, image, 896)) == std::string("out_of_order"));
  scene.ask(begin_with(2, scene.vectors.good()));
  constexpr struct {
    uint32_t offset, size;
  } kWrong[] = {{4, 4}, {0, 0}, {0, 3}, {896, 896}, {UINT32_MAX, 4}};
  for (const auto& wrong : kWrong) {
    CAPTURE(wrong.offset);
    CAPTURE(wrong.size);
    const UpdateStatus status =
        scene.ask(update_chunk(3, wrong.offset, image, wrong.size));
    CHECK(std::string(update_error_name(status.error)) == "out_of_order");
    CHECK(status.next_offset == 0);
  }
  CHECK(scene.port.writes == 0);
  scene.ask(update_chunk(4, 0, image, 896));
  scene.ask(update_chunk(5, 896, image + 896, 896));
  // 208 bytes are left.
  CHECK(scene.error_of(update_chunk(6, 1792, image, 212)) == std::string("out_of_order"));
  CHECK(scene.error_of(update_chunk(7, 1792, image + 1792, 208)) == std::string("none"));
}

TEST_CASE("a unit without encryption is not updated, whoever signed") {
  UpdateScene scene;
  UpdateReceiver receiver(kUpdateIdentity, scene.trust, scene.port, scene.guard);
  UpdateStatus status = {};
  const uint8_t byte[4] = {};
  for (const Envelope& request :
       {begin_with(1, scene.vectors.good()), update_chunk(2, 0, byte, 4),
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
  CHECK(scene.port.begun == 0);
}

TEST_CASE("a unit that takes no updates says so") {
  LampRig lamp;
  Base base;
  lamp.rig.greet(base);
  CHECK(status_of(lamp.rig.ask(base, update_query(2))) == Status::kUnsupported);
  CHECK(status_of(lamp.rig.ask(base, begin_with(3, UpdateVectors().good()))) ==
        Status::kUnsupported);
}

TEST_CASE("the storage is prepared between chunks, and at no other time") {
  UpdateScene scene;
  scene.greet();
  scene.settle();
  CHECK(scene.port.preparations == 0);
  scene.ask(begin_with(2, scene.vectors.good()));
  scene.settle();
  const int begun = scene.port.preparations;
  CHECK(begun > 0);
  scene.ask(update_chunk(3, 0, scene.vectors.image.data(), 896));
  scene.settle();
  CHECK(scene.port.preparations > begun);
  scene.send_image(896);
  const int ended = scene.port.preparations;
  scene.settle();
  CHECK(scene.port.preparations == ended);

  UpdateScene failing;
  failing.greet();
  failing.port.fails_to_prepare = true;
  failing.ask(begin_with(2, failing.vectors.good()));
  failing.settle();
  CHECK(failing.receiver.state() == UpdateState::kNothing);
  CHECK(failing.error_of(update_query(3)) == std::string("storage"));
  CHECK(failing.error_of(update_query(4)) == std::string("none"));
}

TEST_CASE("a turn that stores a chunk prepares nothing, and the next one does") {
  UpdateScene scene;
  scene.greet();
  scene.base.send(begin_with(2, scene.vectors.good()));
  // As from a base that does not wait for answers: one of the chunks arrives in the turn
  // after the decision.
  for (uint32_t id = 3; id < 80; ++id) {
    const auto offset = static_cast<uint32_t>(scene.port.writes) * 4;
    scene.base.send(update_chunk(id, offset, &scene.vectors.image[offset], 4));
    const int preparations = scene.port.preparations;
    const int writes = scene.port.writes;
    const uint32_t due_in = scene.unit.poll(scene.now_ms);
    if (scene.port.writes == writes) continue;
    CHECK(scene.port.preparations == preparations);
    CHECK(due_in == 0);
  }
  CHECK(scene.port.writes > 10);
  const int prepared = scene.port.preparations;
  (void)scene.unit.poll(scene.now_ms);
  (void)scene.unit.poll(scene.now_ms);
  CHECK(scene.port.preparations > prepared);
}

TEST_CASE("trouble with the storage ends the update, and the unit goes on") {
  UpdateScene scene;
  const auto begun = [&] { return scene.error_of(begin_with(2, scene.vectors.good())); };
  const uint8_t* image = scene.vectors.image.data();
  scene.greet();
  scene.port.fails_to_begin = true;
  CHECK(begun() == std::string("storage"));
  scene.port.fails_to_begin = false;

  CHECK(begun() == std::string("none"));
  scene.port.fails_to_write = true;
  CHECK(scene.error_of(update_chunk(3, 0, image, 896)) == std::string("storage"));
  CHECK(scene.receiver.state() == UpdateState::kNothing);
  scene.port.fails_to_write = false;

  CHECK(begun() == std::string("none"));
  scene.ask(update_chunk(3, 0, image, 896));
  scene.ask(update_chunk(3, 896, image + 896, 896));
  scene.port.fails_to_finish = true;
  CHECK(scene.error_of(update_chunk(3, 1792, image + 1792, 208)) ==
        std::string("storage"));
  scene.port.fails_to_finish = false;

  CHECK(begun() == std::string("none"));
  scene.send_image();
  scene.port.fails_to_read = true;
  scene.settle();
  CHECK(scene.error_of(update_query(4)) == std::string("storage"));
  scene.port.fails_to_read = false;

  CHECK(begun() == std::string("none"));
  scene.send_image();
  scene.settle();
  scene.port.fails_to_arm = true;
  CHECK(scene.error_of(
            update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag)) ==
        std::string("storage"));
  CHECK(scene.receiver.state() == UpdateState::kNothing);
  scene.settle();
  CHECK_FALSE(scene.unit.ready_to_restart());
}

TEST_CASE("an image that has no room is refused, and one that fits to the byte is not") {
  UpdateScene scene;
  scene.greet();
  const uint32_t size = static_cast<uint32_t>(scene.vectors.image.size());
  scene.port.room = size - 1;
  const UpdateStatus status = scene.ask(begin_with(2, scene.vectors.good()));
  CHECK(std::string(update_error_name(status.error)) == "no_room");
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
  scene.port.room = size;
  CHECK(scene.error_of(begin_with(3, scene.vectors.good())) == std::string("none"));
}

TEST_CASE("what is refused is told in the order of the rules") {
  UpdateScene scene;
  scene.greet();
  const auto named = [&](const char* name) {
    for (const Vector& vector : scene.vectors.begins) {
      if (vector.text("name") == name) return UpdateVectors::offer(vector);
    }
    FAIL("no such vector");
    return UpdateOffer{};
  };
  UpdateOffer other_model = named("another model");
  other_model.signature[0] ^= 1;
  CHECK(scene.error_of(begin_with(2, other_model)) == std::string("bad_signature"));
  other_model.key_id ^= 1;
  CHECK(scene.error_of(begin_with(3, other_model)) == std::string("unknown_key"));
  // An unconfirmed firmware is told before what is wrong with the version, and after what
  // is wrong with the manifest.
  BootRecord record;
  record.unconfirmed = true;
  UpdateRig rig(scene.vectors.trust, kUpdateIdentity, record);
  rig.greet();
  const auto error_of = [&](const char* name) {
    return std::string(update_error_name(rig.ask(begin_with(2, named(name))).error));
  };
  CHECK(error_of("an older version") == "unconfirmed");
  CHECK(error_of("a step that is missing") == "unconfirmed");
  CHECK(error_of("another model") == "wrong_model");
  CHECK(error_of("a version that is none") == "bad_manifest");
}

TEST_CASE("an update is forgotten when told to, but not once it is armed") {
  UpdateScene scene;
  scene.download();
  const Envelope forget =
      update_request(3, signalbox_unitlink_v1_Envelope_update_abort_tag);
  CHECK(scene.ask(forget).state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE);
  CHECK(scene.port.discards == 1);

  constexpr auto kAnswered = UpdateReceiver::Accepted::kAnswered;
  UpdateStatus status = {};
  scene.ask(begin_with(4, scene.vectors.good()));
  scene.send_image();
  scene.settle();
  const Envelope apply =
      update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag);
  REQUIRE(scene.receiver.accept(apply, true, status) == kAnswered);
  REQUIRE(scene.receiver.accept(forget, true, status) == kAnswered);
  CHECK(status.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_ARMED);
  REQUIRE(scene.receiver.accept(apply, true, status) == kAnswered);
  CHECK(std::string(update_error_name(status.error)) == "none");
  REQUIRE(scene.receiver.accept(begin_with(6, scene.vectors.good()), true, status) ==
          kAnswered);
  CHECK(std::string(update_error_name(status.error)) == "out_of_order");
}

TEST_CASE("once it is armed, the record of starts is the next firmware's") {
  UpdateScene scene;
  scene.download();
  const int stores = scene.boot.stores;
  UpdateStatus status = {};
  REQUIRE(scene.receiver.accept(
              update_request(5, signalbox_unitlink_v1_Envelope_update_apply_tag), true,
              status) == UpdateReceiver::Accepted::kAnswered);
  // What runs has proven good meanwhile, and is restarted by somebody.
  CHECK(scene.receiver.poll(60000) == kIdle);
  scene.receiver.leave_in_good_order();
  CHECK(scene.boot.stores == stores);
}

TEST_CASE("an update allocates nothing") {
  UpdateScene scene;
  const UpdateOffer offer = scene.vectors.good();
  const std::vector<uint8_t>& image = scene.vectors.image;
  const Envelope begin = begin_with(2, offer);
  scene.greet();
  const size_t before = allocations();
  scene.base.send(begin);
  scene.settle();
  for (uint32_t at = 0; at < image.size(); at += 896) {
    const size_t left = image.size() - at;
    scene.base.send(update_chunk(3, at, image.data() + at, left < 896 ? left : 896));
    scene.settle();
  }
  scene.base.send(update_request(4, signalbox_unitlink_v1_Envelope_update_apply_tag));
  scene.settle();
  CHECK(allocations() == before);
  CHECK(scene.port.armed);
}
