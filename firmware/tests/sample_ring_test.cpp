#include "core/sample_ring.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/messages.h"

using namespace signalbox;
using namespace signalbox::test;

TEST_CASE("an empty ring keeps nothing, and begins with sample 1") {
  const SampleRing ring;
  CHECK(ring.next_seq() == 1);
  CHECK(ring.oldest_seq() == 1);
  CHECK_FALSE(ring.holds(0, 0));
}

TEST_CASE("the ring keeps the newest samples, whatever their number") {
  constexpr uint32_t capacity = SampleRing::kCapacity;
  for (const uint32_t count :
       {1u, capacity - 1, capacity, capacity + 1, 2 * capacity, 5 * capacity + 3}) {
    CAPTURE(count);
    SampleRing ring;
    for (uint32_t i = 1; i <= count; ++i) ring.push(7, 1000 + i, integer(i));
    CHECK(ring.next_seq() == count + 1);
    CHECK(ring.oldest_seq() == (count > capacity ? count - capacity + 1 : 1));
    for (uint32_t seq = ring.oldest_seq(); seq < ring.next_seq(); ++seq) {
      Value value = {};
      REQUIRE(ring.value_at(seq, value));
      CHECK(value.kind.integer == seq);
      CHECK(ring.uptime_at(seq) == 1000 + seq);
      CHECK(ring.pid_at(seq) == 7);
    }
    CHECK(ring.holds(7, 1000 + count));
    CHECK(ring.holds(7, 1000 + ring.oldest_seq()));
    CHECK_FALSE(ring.holds(7, 1000 + ring.oldest_seq() - 1));
    CHECK_FALSE(ring.holds(8, 1000 + count));
  }
}

TEST_CASE("each kind of value comes back as it went in") {
  SampleRing ring;
  ring.push(1, 0, boolean(true));
  ring.push(1, 0, boolean(false));
  ring.push(1, 0, integer(INT64_MIN));
  ring.push(1, 0, integer(INT64_MAX));
  ring.push(1, 0, number(-0.1));
  ring.push(1, 0, color(0xABCDEF));
  Value value = {};
  REQUIRE(ring.value_at(1, value));
  CHECK(value.kind.boolean);
  REQUIRE(ring.value_at(2, value));
  CHECK_FALSE(value.kind.boolean);
  REQUIRE(ring.value_at(3, value));
  CHECK(value.kind.integer == INT64_MIN);
  REQUIRE(ring.value_at(4, value));
  CHECK(value.kind.integer == INT64_MAX);
  REQUIRE(ring.value_at(5, value));
  CHECK(value.which_kind == signalbox_unitlink_v1_Value_number_tag);
  CHECK(value.kind.number == -0.1);
  REQUIRE(ring.value_at(6, value));
  CHECK(value.which_kind == signalbox_unitlink_v1_Value_color_tag);
  CHECK(value.kind.color == 0xABCDEF);
}

TEST_CASE("text and data are counted, and not kept") {
  SampleRing ring;
  ring.push(1, 0, text("too long for sixteen bytes"));
  ring.push(1, 0, data("bytes"));
  Value value = {};
  CHECK_FALSE(ring.value_at(1, value));
  CHECK_FALSE(ring.value_at(2, value));
  CHECK(ring.next_seq() == 3);
}

TEST_CASE("an uptime beyond 32 bits is kept") {
  SampleRing ring;
  ring.push(1, 0xFFFFFFFF, boolean(true));
  ring.push(1, 0x100000000, boolean(true));
  ring.push(1, 0xFFFFFFFFFFFF, boolean(true));
  CHECK(ring.uptime_at(1) == 0xFFFFFFFF);
  CHECK(ring.uptime_at(2) == 0x100000000);
  CHECK(ring.uptime_at(3) == 0xFFFFFFFFFFFF);
}
