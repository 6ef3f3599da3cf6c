// docs/unit-link.md section 11: updates over the link.
#include "core/version_number.h"
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
