// docs/unit-link.md section 6: time to live and duplicates.
#include <string>
#include <utility>
#include <vector>

#include "core/dedupe_table.h"
#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct ConnectedLamp : LampFixture {
  Base base;
  ConnectedLamp() { fixture.say_hello(base); }
};

Envelope send_uart(uint32_t request_id, Tag tag) {
  return with_argument(invoke(request_id, Uart::kUartWrite, tag), data("hi"));
}

// The longest value that a spec allows.
Value longest(const ValueSpec& spec) {
  Value value = {};
  switch (spec.type) {
    case DataType::kInteger:
      set_integer(value, INT64_MIN);
      break;
    case DataType::kNumber:
      set_number(value, -1.5);
      break;
    case DataType::kString:
      set_text(value, std::string(spec.max_bytes, 'x').c_str());
      break;
    case DataType::kBytes:
      set_data(value, std::vector<uint8_t>(spec.max_bytes, 1).data(), spec.max_bytes);
      break;
    case DataType::kColor:
      set_color(value, 0xFFFFFF);
      break;
    case DataType::kBoolean:
      set_boolean(value, true);
  }
  return value;
}

// The longest results that a unit gives to commands.
std::vector<Result> longest_results(const UnitDescription& description) {
  std::vector<Result> results;
  for (uint32_t pid = 1; pid < 64; ++pid) {
    const UnitDescription::Entry entry = description.find(pid);
    const bool is_command =
        entry.capability != nullptr &&
        (entry.spec.kind == AffordanceKind::kAction || entry.spec.has(kWritable));
    if (!is_command) continue;
    Result result = {};
    set_status(result, Status::kOk);
    result.values_count = entry.spec.outputs.count;
    for (uint8_t i = 0; i < result.values_count; ++i) {
      result.values[i] = longest(entry.spec.outputs.at(i));
    }
    results.push_back(result);
  }
  return results;
}

}  // namespace

TEST_CASE(
    "a repeated command is answered duplicate with the first result, and not done") {
  ConnectedLamp lamp;
  const Envelope set = with_argument(
      with_argument(invoke(2, Pins::kGpioWrite, {42, 0}), integer(4)), integer(1));
  CHECK(status_of(lamp.fixture.call(lamp.base, set)) == Status::kOk);
  const Result again = lamp.fixture.call(lamp.base, set);
  CHECK(status_of(again) == Status::kDuplicate);
  CHECK(again.first_status == signalbox_unitlink_v1_Status_STATUS_OK);
  REQUIRE(again.values_count == 1);
  CHECK(again.values[0].kind.integer == 1);
  CHECK(lamp.pins.writes == 1);
}

TEST_CASE("the repeat of a repeat still has the first status") {
  ConnectedLamp lamp;
  const Envelope set = write(2, Lamp::kBrightness, integer(101), {42, 0});
  lamp.fixture.call(lamp.base, set);
  lamp.fixture.call(lamp.base, set);
  const Result third = lamp.fixture.call(lamp.base, set);
  CHECK(status_of(third) == Status::kDuplicate);
  CHECK(third.first_status == signalbox_unitlink_v1_Status_STATUS_OUT_OF_RANGE);
  CHECK(third.values_count == 0);
}

TEST_CASE("a command is recognised on a new connection of another peer") {
  ConnectedLamp lamp;
  lamp.fixture.call(lamp.base, write(2, Lamp::kOn, boolean(true), {42, 0}));
  Base other;
  lamp.fixture.say_hello(other);
  CHECK(status_of(lamp.fixture.call(
            other, write(9, Lamp::kOn, boolean(true), {42, 0}))) == Status::kDuplicate);
}

TEST_CASE("the table is lost with a boot") {
  ConnectedLamp before;
  before.fixture.call(before.base, write(2, Lamp::kOn, boolean(true), {42, 0}));
  ConnectedLamp after;
  CHECK(status_of(after.fixture.call(
            after.base, write(2, Lamp::kOn, boolean(true), {42, 0}))) == Status::kOk);
}

TEST_CASE("commands without an id are executed each time") {
  ConnectedLamp lamp;
  for (int i = 0; i < 3; ++i) {
    lamp.base.send(send_uart(2, {}));
    lamp.base.send(send_uart(3, {0, 5000}));
    lamp.fixture.settle();
  }
  size_t done = 0;
  for (const Envelope& message : lamp.base.heard()) {
    if (message.which_body != signalbox_unitlink_v1_Envelope_result_tag) continue;
    CHECK(status_of(message.body.result) == Status::kOk);
    ++done;
  }
  CHECK(done == 6);
}

TEST_CASE("the last 8 commands are kept, the ninth pushes out the first") {
  ConnectedLamp lamp;
  for (uint64_t id = 1; id <= 9; ++id) {
    lamp.fixture.call(lamp.base, write(2, Lamp::kOn, boolean(true), {id, 0}));
  }
  for (uint64_t id = 2; id <= 9; ++id) {
    CHECK(status_of(lamp.fixture.call(lamp.base, write(2, Lamp::kOn, boolean(true),
                                                       {id, 0}))) == Status::kDuplicate);
  }
  CHECK(status_of(lamp.fixture.call(
            lamp.base, write(2, Lamp::kOn, boolean(true), {1, 0}))) == Status::kOk);
}

TEST_CASE("results that say try later are not kept") {
  DedupeTable table;
  Result kept;
  Result result = {};
  for (const Status status : {Status::kBusy, Status::kNoMemory}) {
    set_status(result, status);
    table.remember(7, result);
    CHECK_FALSE(table.find(7, kept));
  }
  set_status(result, Status::kHardwareError);
  table.remember(7, result);
  REQUIRE(table.find(7, kept));
  CHECK(kept.status == signalbox_unitlink_v1_Status_STATUS_HARDWARE_ERROR);
  CHECK_FALSE(table.find(0, kept));
}

TEST_CASE("a command refused with busy can be sent again and is then executed") {
  ConnectedLamp lamp;
  for (uint32_t id = 2; id < 2 + kMaxInFlight; ++id) lamp.base.send(ping(id));
  lamp.base.send(write(50, Lamp::kOn, boolean(true), {42, 0}));
  lamp.fixture.settle();
  bool refused = false;
  for (const Envelope& answer : lamp.base.heard()) {
    if (answer.request_id == 50) refused = status_of(answer.body.result) == Status::kBusy;
  }
  CHECK(refused);
  CHECK(status_of(lamp.fixture.call(
            lamp.base, write(51, Lamp::kOn, boolean(true), {42, 0}))) == Status::kOk);
}

TEST_CASE("a command reached after its time to live is expired and not done") {
  ConnectedLamp lamp;
  lamp.base.send(ping(2));
  lamp.base.send(write(3, Lamp::kOn, boolean(true), {42, 100}));
  lamp.unit.unit.poll(lamp.fixture.now_ms);  // answers the ping; the write waits
  lamp.fixture.now_ms += 101;
  lamp.fixture.settle();
  const std::vector<Envelope> answers = lamp.base.heard();
  REQUIRE(answers.size() == 2);
  CHECK(status_of(answers[1].body.result) == Status::kExpired);
  CHECK_FALSE(lamp.lamp.shown.on);
}

TEST_CASE("a command reached within its time to live is done") {
  ConnectedLamp lamp;
  lamp.base.send(ping(2));
  lamp.base.send(write(3, Lamp::kOn, boolean(true), {42, 100}));
  lamp.base.send(write(4, Lamp::kOn, boolean(true), {43, 0}));
  lamp.unit.unit.poll(lamp.fixture.now_ms);
  lamp.fixture.now_ms += 100;
  lamp.unit.unit.poll(lamp.fixture.now_ms);
  lamp.fixture.now_ms += 50000;  // no limit on the last one
  lamp.unit.unit.poll(lamp.fixture.now_ms);
  const std::vector<Envelope> answers = lamp.base.heard();
  REQUIRE(answers.size() >= 3);
  CHECK(status_of(answers[1].body.result) == Status::kOk);
  CHECK(status_of(answers[2].body.result) == Status::kOk);
}

TEST_CASE("a repeat is recognised even after its time to live") {
  ConnectedLamp lamp;
  lamp.fixture.call(lamp.base, write(2, Lamp::kOn, boolean(true), {42, 100}));
  lamp.base.send(ping(3));
  lamp.base.send(write(4, Lamp::kOn, boolean(true), {42, 100}));
  lamp.unit.unit.poll(lamp.fixture.now_ms);
  lamp.fixture.now_ms += 101;
  lamp.fixture.settle();
  CHECK(status_of(lamp.base.heard()[1].body.result) == Status::kDuplicate);
}

TEST_CASE("an observer is notified of each command by its id, and of its repeat") {
  struct Notes final : CommandObserver {
    void command_arrived(uint64_t id, uint32_t pid) override {
      arrived.emplace_back(id, pid);
    }
    void command_answered(uint64_t id, const Result& result) override {
      answered.emplace_back(id, status_of(result));
    }
    std::vector<std::pair<uint64_t, uint32_t>> arrived;
    std::vector<std::pair<uint64_t, Status>> answered;
  } notes;
  ConnectedLamp lamp;
  lamp.unit.unit.observe(notes);
  const Envelope set = write(2, Lamp::kOn, boolean(true), {42, 0});
  lamp.fixture.call(lamp.base, set);
  lamp.fixture.call(lamp.base, set);
  lamp.fixture.call(lamp.base, invoke(3, Pins::kGpioWrite, {43, 0}));  // no arguments
  lamp.fixture.call(lamp.base, write(4, Lamp::kOn, boolean(false)));   // nobody's: no id
  CHECK(notes.arrived == decltype(notes.arrived){
                             {42, Lamp::kOn}, {42, Lamp::kOn}, {43, Pins::kGpioWrite}});
  CHECK(notes.answered == decltype(notes.answered){{42, Status::kOk},
                                                   {42, Status::kDuplicate},
                                                   {43, Status::kBadRequest}});
}

TEST_CASE("eight of the longest results of any stock unit are kept") {
  LampFixture lamp;
  LightFixture light;
  RelayFixture relay;
  ButtonFixture button;
  ClimateFixture climate;
  for (const Unit* unit : {&lamp.unit.unit, &light.unit.unit, &relay.unit.unit,
                           &button.unit.unit, &climate.unit.unit}) {
    for (const Result& result : longest_results(unit->description())) {
      DedupeTable table;
      for (uint64_t id = 1; id <= 20; ++id) table.remember(id, result);
      Result kept;
      for (uint64_t id = 1; id <= 20; ++id) CHECK(table.find(id, kept) == (id > 12));
      CHECK(kept.values_count == result.values_count);
    }
  }
}

TEST_CASE("a result that needs the room of several evicts the oldest") {
  DedupeTable table;
  Result small = {};
  set_status(small, Status::kOk);
  for (uint64_t id = 1; id <= 8; ++id) table.remember(id, small);
  Result large = small;
  large.values_count = 3;
  for (Value& value : large.values) {
    set_data(value, std::vector<uint8_t>(kMaxDataBytes, 7).data(), kMaxDataBytes);
  }
  table.remember(9, large);
  table.remember(10, large);
  Result kept;
  CHECK_FALSE(table.find(9, kept));
  REQUIRE(table.find(10, kept));
  CHECK(kept.values[2].kind.data.size == kMaxDataBytes);
}
