// docs/unit-link.md section 11.2: what holds between an offer and its answer.
#include "tests/fixture.h"
#include "tests/update_fixture.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("a signature is checked over many turns, each of which wants the next") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.base.send(begin_with(2, fixture.vectors.good()));
  fixture.base.send(ping(3));
  int turns = 0;
  Envelope answer = {};
  while (!fixture.base.next_message(answer)) {
    if (turns < static_cast<int>(SignatureCheck::kSteps)) {
      REQUIRE(fixture.receiver.state() == UpdateState::kNothing);
    }
    CHECK(fixture.unit.poll(fixture.now_ms) == 0);
    REQUIRE(++turns < 100);
  }
  CHECK(turns > static_cast<int>(SignatureCheck::kSteps));
  // In the order of the requests.
  REQUIRE(answer.which_body == signalbox_unitlink_v1_Envelope_update_status_tag);
  CHECK(answer.request_id == 2);
  CHECK(fixture.receiver.state() == UpdateState::kReceiving);
  fixture.settle();
  REQUIRE(fixture.base.next_message(answer));
  CHECK(answer.which_body == signalbox_unitlink_v1_Envelope_pong_tag);
}

TEST_CASE("one offer is checked at a time, and a chunk for it comes too early") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.base.send(begin_with(2, fixture.vectors.good()));
  fixture.base.send(begin_with(3, UpdateVectors::offer(fixture.vectors.begins[2])));
  fixture.base.send(update_chunk(4, 0, fixture.vectors.image.data(), 896));
  fixture.settle();
  constexpr const char* kErrors[] = {"none", "out_of_order", "out_of_order"};
  for (uint32_t id = 2; id <= 4; ++id) {
    CAPTURE(id);
    Envelope answer = {};
    REQUIRE(fixture.base.next_message(answer));
    CHECK(answer.request_id == id);
    CHECK(std::string(update_error_name(answer.body.update_status.error)) ==
          kErrors[id - 2]);
  }
  CHECK(fixture.receiver.state() == UpdateState::kReceiving);
  CHECK(fixture.port.begun == 1);
  CHECK(fixture.port.writes == 0);
}

TEST_CASE("a current update continues while another offer is checked") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.call(begin_with(2, fixture.vectors.good()));
  fixture.call(update_chunk(3, 0, fixture.vectors.image.data(), 896));
  UpdateOffer forged = fixture.vectors.good();
  forged.manifest.back() ^= 1;
  fixture.base.send(begin_with(4, forged));
  fixture.base.send(update_chunk(5, 896, fixture.vectors.image.data() + 896, 896));
  fixture.settle();
  Envelope answer = {};
  REQUIRE(fixture.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) ==
        "bad_signature");
  REQUIRE(fixture.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) == "none");
  CHECK(answer.body.update_status.next_offset == 1792);
}

TEST_CASE("an offer is dropped with its base, and the next one is checked again") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.base.send(begin_with(2, fixture.vectors.good()));
  for (int turn = 0; turn < 5; ++turn) (void)fixture.unit.poll(fixture.now_ms);
  fixture.base.link.hang_up();
  fixture.settle();
  CHECK(fixture.port.begun == 0);
  fixture.say_hello();
  for (int turn = 0; turn < 100; ++turn) (void)fixture.unit.poll(fixture.now_ms);
  CHECK(fixture.receiver.state() == UpdateState::kNothing);
  CHECK(fixture.error_of(begin_with(3, fixture.vectors.good())) == std::string("none"));
  CHECK(fixture.port.begun == 1);
}

TEST_CASE("what is forgotten while its signature is checked begins nothing") {
  UpdateFixture fixture;
  fixture.say_hello();
  fixture.base.send(begin_with(2, fixture.vectors.good()));
  fixture.base.send(update_request(3, signalbox_unitlink_v1_Envelope_update_abort_tag));
  fixture.settle();
  Envelope answer = {};
  REQUIRE(fixture.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) ==
        "out_of_order");
  REQUIRE(fixture.base.next_message(answer));
  CHECK(std::string(update_error_name(answer.body.update_status.error)) == "none");
  CHECK(fixture.receiver.state() == UpdateState::kNothing);
  CHECK(fixture.port.begun == 0);
}

TEST_CASE("what is armed while another offer is checked stays armed") {
  UpdateFixture fixture;
  fixture.download();
  UpdateStatus status = {};
  const Envelope other = begin_with(3, UpdateVectors::offer(fixture.vectors.begins[2]));
  REQUIRE(fixture.receiver.accept(other, true, status) ==
          UpdateReceiver::Accepted::kLater);
  REQUIRE(fixture.receiver.accept(
              update_request(4, signalbox_unitlink_v1_Envelope_update_apply_tag), true,
              status) == UpdateReceiver::Accepted::kAnswered);
  CHECK(fixture.port.armed);
  for (int turn = 0; turn < 100; ++turn) (void)fixture.receiver.poll(fixture.now_ms);
  CHECK(fixture.receiver.state() == UpdateState::kArmed);
  CHECK(fixture.port.begun == 1);
}
