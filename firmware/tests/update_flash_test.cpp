// The board's flash for updates, on a simulated chip: an erasure takes 45 ms, in which
// the loop stands still, so there is never more than one in a turn.
#include "esp8266/update_flash.h"

#include <Arduino.h>
#include <doctest/doctest.h>
#include <eboot_command.h>

#include <random>
#include <vector>

#include "tests/fake_update.h"

using namespace signalbox;
using namespace signalbox::test;
using signalbox::esp8266::UpdateFlash;

namespace {

constexpr size_t kChunk = 896;
constexpr size_t kSector = SimulatedChip::kSectorBytes;
constexpr uint32_t kSketch = EspClass::kSketchBytes;

std::vector<uint8_t> image_of(size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::vector<uint8_t> image(size);
  for (uint8_t& byte : image) byte = static_cast<uint8_t>(random());
  image[0] = 0xE9;
  image[2] = 0;  // the flash is read as the running one's
  return image;
}

// Full of zeros, as after an earlier update: what is not erased cannot be written.
void begin_chip(size_t flash_bytes) {
  new_chip().flash.assign(flash_bytes, 0);
  chip().flash[0] = 0xE9;
}

UpdatePlan plan_of(size_t size) {
  UpdatePlan plan = {};
  plan.size = static_cast<uint32_t>(size);
  return plan;
}

size_t sectors(size_t size) { return (size + kSector - 1) / kSector; }

// The erasures of a call.
template <typename Call>
size_t erasures_of(Call call) {
  const size_t before = chip().erasures;
  REQUIRE(call());
  return chip().erasures - before;
}

}  // namespace

TEST_CASE("sectors are erased ahead of chunks, one in a turn, and each once") {
  for (const size_t size : {size_t{4}, kChunk, kSector - 4, kSector, kSector + 1,
                            3 * kSector, 5 * kSector + 77}) {
    CAPTURE(size);
    begin_chip(kSketch + 8 * kSector);
    const std::vector<uint8_t> image = image_of(size);
    FakeBoot boot;
    UpdateFlash flash(boot);
    uint32_t kept = 1;
    REQUIRE(flash.begin(plan_of(size), kept) == UpdatePort::Begun::kReady);
    CHECK(kept == 0);
    CHECK(chip().erasures == 0);
    for (size_t at = 0; at < size; at += kChunk) {
      CHECK(erasures_of([&] { return flash.prepare(); }) <= 1);
      CHECK(erasures_of([&] { return flash.prepare(); }) == 0);
      const size_t now = size - at < kChunk ? size - at : kChunk;
      const uint64_t since_ns = chip().now_ns;
      CHECK(erasures_of([&] {
              return flash.write(static_cast<uint32_t>(at), &image[at], now);
            }) == 0);
      CHECK(chip().now_ns - since_ns < 5000000);
    }
    CHECK(erasures_of([&] { return flash.prepare(); }) == 0);
    CHECK(chip().erasures == sectors(size));
    std::vector<uint8_t> read(size);
    REQUIRE(flash.read(0, read.data(), size));
    CHECK(read == image);
    CHECK(chip().flash[0] == 0xE9);
  }
}

TEST_CASE("chunks that come without a turn between them are stored all the same") {
  begin_chip(kSketch + 4 * kSector);
  const std::vector<uint8_t> image = image_of(4 * kSector);
  FakeBoot boot;
  UpdateFlash flash(boot);
  uint32_t kept = 0;
  REQUIRE(flash.begin(plan_of(image.size()), kept) == UpdatePort::Begun::kReady);
  for (size_t at = 0; at < image.size(); at += 512) {
    CHECK(erasures_of([&] {
            return flash.write(static_cast<uint32_t>(at), &image[at], 512);
          }) <= 1);
  }
  std::vector<uint8_t> read(image.size());
  REQUIRE(flash.read(0, read.data(), read.size()));
  CHECK(read == image);
}

TEST_CASE("an image starts over with nothing erased, and ends where files begin") {
  begin_chip(kSketch + 4 * kSector);
  FakeBoot boot;
  UpdateFlash flash(boot);
  uint32_t kept = 0;
  for (int round = 0; round < 2; ++round) {
    const std::vector<uint8_t> image = image_of(kSector + 500 + round);
    REQUIRE(flash.begin(plan_of(image.size()), kept) == UpdatePort::Begun::kReady);
    for (size_t at = 0; at < image.size(); at += kChunk) {
      REQUIRE(flash.prepare());
      const size_t left = image.size() - at;
      REQUIRE(flash.write(static_cast<uint32_t>(at), &image[at],
                          left < kChunk ? left : kChunk));
    }
    std::vector<uint8_t> read(image.size());
    REQUIRE(flash.read(0, read.data(), read.size()));
    CHECK(read == image);
    REQUIRE(flash.finish());
    REQUIRE(flash.arm());
    CHECK(boot.record.unconfirmed);
    CHECK(kept_eboot_command.args[0] == kSketch + 2 * kSector);
    CHECK(kept_eboot_command.args[2] == image.size());
  }
  CHECK(flash.begin(plan_of(4 * kSector), kept) == UpdatePort::Begun::kReady);
  CHECK(flash.begin(plan_of(4 * kSector + 1), kept) == UpdatePort::Begun::kNoRoom);
}

TEST_CASE("a sector that cannot be erased is reported") {
  begin_chip(kSketch + 4 * kSector);
  FakeBoot boot;
  UpdateFlash flash(boot);
  uint32_t kept = 0;
  REQUIRE(flash.begin(plan_of(kSector), kept) == UpdatePort::Begun::kReady);
  chip().fails_to_erase = true;
  CHECK_FALSE(flash.prepare());
  const uint8_t data[4] = {};
  CHECK_FALSE(flash.write(0, data, sizeof data));
}
