// docs/unit-link.md section 11.2: what holds between an offer and its answer.
#include "tests/rig.h"
#include "tests/update_scene.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("a signature is checked over many turns, each of which wants the next") {
  UpdateScene scene;
  scene.greet();
  scene.base.send(begin_with(2, scene.vectors.good()));
  scene.base.send(ping(3));
  int turns = 0;
  Envelope answer = {};
  while (!scene.base.next_message(answer)) {
    if (turns < static_cast<int>(SignatureCheck::kSteps)) {
      REQUIRE(scene.receiver.state() == UpdateState::kNothing);
    }
    CHECK(scene.unit.poll(scene.now_ms) == 0);
    REQUIRE(++turns < 100);
  }
  CHECK(turns > static_cast<int>(SignatureCheck::kSteps));
  // In the order of the requests.
  REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_update_status_tag);
  CHECK(answer.request_id == 2);
  CHECK(scene.receiver.state() == UpdateState::kReceiving);
  scene.settle();
  REQUIRE(scene.base.next_message(answer));
  CHECK(answer.which_body == signalbox_unitlink_v1_Envelope_pong_tag);
}

TEST_CASE("one offer is checked at a time, and a chunk for it comes too early") {
  UpdateScene scene;
  scene.greet();
  scene.base.send(begin_with(2, scene.vectors.good()));
  scene.base.send(begin_with(3, UpdateVectors::offer(scene.vectors.begins[2])));
  scene.base.send(update_chunk(4, 0, scene.vectors.image.data(), 896));
  scene.settle();
  constexpr const char* kErrors[] = {"none", "out_of_order", "out_of_order"};
  for (uint32_t id = 2; id <= 4; ++id) {
    CAPTURE(id);
    Envelope answer = {};
    REQUIRE(scene.base.next_message(answer));
    CHECK(answer.request_id == id);
    CHECK(std::string(update_error_name(answer.body.update_status.error)) ==
          kErrors[id - 2]);
  }
  CHECK(scene.receiver.state() == UpdateState::kReceiving);
  CHECK(scene.port.begun == 1);
  CHECK(scene.port.writes == 0);
}

TEST_CASE("an update under way goes on while another offer is checked") {
  UpdateScene scene;
  scene.greet();
  scene.ask(begin_with(2, scene.vectors.good()));
  scene.ask(update_chunk(3, 0, scene.vectors.image.data(), 896));
  UpdateOffer forged = scene.vectors.good();
  forged.manifest.back() ^= 1;
  scene.base.send(begin_with(4, forged));
  scene.base.send(update_chunk(5, 896, scene.vectors.image.data() + 896, 896));
  scene.settle();
  Envelope answer = {};
  REQUIRE(scene.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) ==
        "bad_signature");
  REQUIRE(scene.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) == "none");
  CHECK(answer.body.update_status.next_offset == 1792);
}

TEST_CASE("an offer is forgotten with its base, and the next one is checked anew") {
  UpdateScene scene;
  scene.greet();
  scene.base.send(begin_with(2, scene.vectors.good()));
  for (int turn = 0; turn < 5; ++turn) (void)scene.unit.poll(scene.now_ms);
  scene.base.link.hang_up();
  scene.settle();
  CHECK(scene.port.begun == 0);
  scene.greet();
  for (int turn = 0; turn < 100; ++turn) (void)scene.unit.poll(scene.now_ms);
  CHECK(scene.receiver.state() == UpdateState::kNothing);
  CHECK(scene.error_of(begin_with(3, scene.vectors.good())) == std::string("none"));
  CHECK(scene.port.begun == 1);
}

TEST_CASE("what is forgotten while its signature is checked begins nothing") {
  UpdateScene scene;
  scene.greet();
  scene.base.send(begin_with(2, scene.vectors.good()));
  scene.base.send(update_request(3, signalbox_unitlink_v1_Envelope_update_abort_tag));
  scene.settle();
  Envelope answer = {};
  REQUIRE(scene.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) ==
        "out_of_order");
  REQUIRE(scene.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) == "none");
  CHECK(scene.receiver.state() == UpdateState::kNothing);
  CHECK(scene.port.begun == 0);
}

TEST_CASE("what is armed while another offer is checked stays armed") {
  UpdateScene scene;
  scene.download();
  UpdateStatus status = {};
  const Envelope other = begin_with(3, UpdateVectors::offer(scene.vectors.begins[2]));
  REQUIRE(scene.receiver.accept(other, true, status) == UpdateReceiver::Accepted::kLater);
  REQUIRE(scene.receiver.accept(
              update_request(4, signalbox_unitlink_v1_Envelope_update_apply_tag), true,
              status) == UpdateReceiver::Accepted::kAnswered);
  CHECK(scene.port.armed);
  for (int turn = 0; turn < 100; ++turn) (void)scene.receiver.poll(scene.now_ms);
  CHECK(scene.receiver.state() == UpdateState::kArmed);
  CHECK(scene.port.begun == 1);
}
