// docs/unit-link.md section 11.4.
#include "core/boot_guard.h"

#include <doctest/doctest.h>

#include <string>

#include "core/capability.h"
#include "tests/fake_update.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

using Start = BootGuard::Start;

constexpr uint64_t kGoodMs = 60000;
constexpr uint64_t kGivenUpMs = 15 * 60000;

// One life of a board: what is left of it is in the port.
struct Run {
  explicit Run(FakeBoot& port, bool has_crashed = false)
      : guard(port, "1.5.0"), start(guard.start(has_crashed)) {}
  BootGuard guard;
  Start start;
};

}  // namespace

TEST_CASE("three starts that came to nothing lead to safe mode") {
  FakeBoot port;
  for (int i = 0; i < 3; ++i) {
    Run run(port);
    CHECK(run.start == Start::kNormal);
    CHECK_FALSE(run.guard.is_safe_mode());
    CHECK_FALSE(run.guard.poll(kGoodMs - 1));
  }
  Run fourth(port);
  CHECK(fourth.start == Start::kSafe);
  CHECK(fourth.guard.is_safe_mode());
}

TEST_CASE("a minute of running makes a start good, and is counted once") {
  FakeBoot port;
  for (int i = 0; i < 10; ++i) {
    Run run(port);
    REQUIRE(run.start == Start::kNormal);
    CHECK(run.guard.due_in(1000) == kGoodMs - 1000);
    CHECK_FALSE(run.guard.poll(kGoodMs));
    const int stores = port.stores;
    CHECK_FALSE(run.guard.poll(kGoodMs + 1));
    CHECK(port.stores == stores);
    CHECK(run.guard.due_in(kGoodMs + 1) == kIdle);
  }
}

TEST_CASE("a requested restart is not a failed start") {
  FakeBoot port;
  for (int i = 0; i < 10; ++i) {
    Run run(port);
    REQUIRE(run.start == Start::kNormal);
    run.guard.leave_in_good_order();
  }
  CHECK(port.record.starts == 0);
}

TEST_CASE("safe mode that lasted lets the firmware try once more") {
  FakeBoot port;
  port.record.starts = 3;
  {
    Run safe(port);
    REQUIRE(safe.start == Start::kSafe);
    safe.guard.leave_in_good_order();
    CHECK(port.record.starts == 3);
    CHECK_FALSE(safe.guard.poll(kGoodMs));
  }
  CHECK(Run(port).start == Start::kNormal);
  CHECK(Run(port).start == Start::kSafe);
}

TEST_CASE("a new firmware is confirmed by a base and a minute, and not by one of them") {
  FakeBoot port;
  port.record.unconfirmed = true;
  port.has_previous = true;
  {
    Run without_base(port);
    CHECK_FALSE(without_base.guard.poll(kGoodMs));
    CHECK_FALSE(without_base.guard.is_confirmed());
    without_base.guard.heard_base();
    CHECK(without_base.guard.due_in(kGoodMs + 5) == 0);
    CHECK_FALSE(without_base.guard.poll(kGoodMs + 5));
    CHECK(without_base.guard.is_confirmed());
    CHECK_FALSE(port.record.unconfirmed);
  }
  port.record.unconfirmed = true;
  Run too_short(port);
  too_short.guard.heard_base();
  CHECK_FALSE(too_short.guard.poll(kGoodMs - 1));
  CHECK_FALSE(too_short.guard.is_confirmed());
}

TEST_CASE(
    "a new firmware that no base spoke with is given up after a quarter of an hour") {
  FakeBoot port;
  port.record.unconfirmed = true;
  port.has_previous = true;
  Run run(port);
  CHECK_FALSE(run.guard.poll(kGoodMs));
  CHECK(run.guard.due_in(kGoodMs) == kGivenUpMs - kGoodMs);
  CHECK_FALSE(run.guard.poll(kGivenUpMs - 1));
  CHECK(run.guard.poll(kGivenUpMs));
  CHECK(port.rolled_back);
  CHECK(std::string(port.record.failed_version) == "1.5.0");
  CHECK_FALSE(port.record.unconfirmed);
  CHECK(port.record.starts == 0);
}

TEST_CASE("a new firmware that does not start gives way to the one before") {
  FakeBoot port;
  port.record.unconfirmed = true;
  port.has_previous = true;
  for (int i = 0; i < 3; ++i) CHECK(Run(port).start == Start::kNormal);
  CHECK(Run(port).start == Start::kRestart);
  CHECK(port.rolled_back);
  CHECK(std::string(port.record.failed_version) == "1.5.0");
}

TEST_CASE(
    "where nothing can be rolled back, an unconfirmed firmware runs on or is safe") {
  FakeBoot port;
  port.record.unconfirmed = true;
  {
    Run run(port);
    CHECK_FALSE(run.guard.poll(kGivenUpMs));
    CHECK(run.guard.due_in(kGivenUpMs) == kIdle);
    CHECK_FALSE(run.guard.is_confirmed());
  }
  for (int i = 0; i < 3; ++i) CHECK(Run(port).start == Start::kNormal);
  CHECK(Run(port).start == Start::kSafe);
  port.has_previous = true;
  port.fails_to_roll_back = true;
  CHECK(Run(port).start == Start::kSafe);
}

TEST_CASE("a confirmed firmware is never rolled back") {
  FakeBoot port;
  port.has_previous = true;
  port.record.starts = 3;
  CHECK(Run(port).start == Start::kSafe);
  CHECK_FALSE(port.rolled_back);
}

TEST_CASE(
    "a firmware that crashes again and again is given up, however late it crashes") {
  FakeBoot port;
  for (int i = 0; i < 4; ++i) {
    Run run(port, true);
    REQUIRE(run.start == Start::kNormal);
    CHECK_FALSE(run.guard.poll(20 * 60000));
  }
  {
    Run fifth(port, true);
    REQUIRE(fifth.start == Start::kSafe);
    CHECK_FALSE(fifth.guard.poll(kGoodMs));
  }
  // It may try once more.
  CHECK(Run(port).start == Start::kNormal);
  CHECK(Run(port, true).start == Start::kSafe);
}

TEST_CASE("crashes are forgotten after six hours without one") {
  constexpr uint64_t kSixHoursMs = 6 * 3600000;
  FakeBoot port;
  for (int i = 0; i < 12; ++i) {
    Run run(port, true);
    REQUIRE(run.start == Start::kNormal);
    CHECK_FALSE(run.guard.poll(kGoodMs));
    CHECK(run.guard.due_in(kGoodMs) == kSixHoursMs - kGoodMs);
    CHECK_FALSE(run.guard.poll(kSixHoursMs));
    CHECK(run.guard.due_in(kSixHoursMs) == kIdle);
    CHECK(port.record.crashes == 0);
  }
}
