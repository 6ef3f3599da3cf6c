// docs/unit-link.md section 11: when an update uses the storage, and what its failures
// do.
#include "tests/allocation_counter.h"
#include "tests/fixture.h"
#include "tests/update_fixture.h"

using namespace signalbox;
using namespace signalbox::test;

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
