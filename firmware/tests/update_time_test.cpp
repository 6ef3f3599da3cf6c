// How long a turn of the board's loop waits during an update: a lamp on three pins that
// fades all the while, with its real driver and the real flash, on a simulated chip whose
// erasure of a sector takes 45 ms. The end of the image is that of a fake, for the
// vectors hold no image of the chip.
#include <doctest/doctest.h>

#include "esp8266/pwm_lamp.h"
#include "esp8266/update_flash.h"
#include "tests/arduino/simulated_chip.h"
#include "tests/update_fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr uint64_t kMs = 1000000;
constexpr uint64_t kMaxTurnNs = 50 * kMs;
constexpr size_t kChunk = 896;

struct ChipFlash final : UpdatePort {
  explicit ChipFlash(BootPort& boot) : below(boot) {}
  const char* platform() const override { return "test"; }
  Begun begin(const UpdatePlan& plan, uint32_t& kept) override {
    return below.begin(plan, kept);
  }
  bool prepare() override { return below.prepare(); }
  bool write(uint32_t offset, const uint8_t* data, size_t size) override {
    return below.write(offset, data, size);
  }
  bool finish() override { return true; }
  bool read(uint32_t offset, uint8_t* into, size_t size) override {
    return below.read(offset, into, size);
  }
  bool arm() override { return true; }
  void discard() override { below.discard(); }

  esp8266::UpdateFlash below;
};

struct UpdatedLamp : FakeBoard {
  UpdatedLamp() {
    guard.start_counted(false);
    driver.begin();
    lamp.unit.enable_updates(receiver);
    lamp.unit.accept(base.link, now_ms());
    REQUIRE(base.open([this] { turn(); }));
    call(hello());
    longest_ns = 0;  // a handshake yields
  }
  static uint64_t now_ms() { return chip().now_ns / kMs; }
  void turn() {
    const uint64_t since_ns = chip().now_ns;
    (void)lamp.unit.poll(now_ms());
    const uint64_t elapsed_ns = chip().now_ns - since_ns;
    if (elapsed_ns > longest_ns) longest_ns = elapsed_ns;
    chip().pass(2 * kMs);
  }
  Envelope call(const Envelope& request) {
    base.send(request);
    Envelope answer = {};
    for (int turns = 0; turns < 400; ++turns) {
      turn();
      while (base.next_message(answer)) {
        if (answer.request_id == request.request_id) return answer;
      }
    }
    FAIL("no answer");
    return answer;
  }
  // For longer than an update takes; a light shows something else every 20 ms.
  void fade(bool to_black) {
    id += 2;
    call(write(id - 1, Lamp::kOn, boolean(true), {id - 1, 0}));
    call(write(id, Lamp::kColor, color(to_black ? 0 : 0xFFFFFF), {id, 0}, 4000));
  }
  UpdateStatus call_update(const Envelope& request) {
    return call(request).body.update_status;
  }
  void download() {
    const UpdateStatus begun = call_update(begin_with(++id, vectors.good()));
    REQUIRE(begun.state == signalbox_unitlink_v1_UpdateState_UPDATE_STATE_RECEIVING);
    const Bytes& image = vectors.image;
    for (size_t at = 0; at < image.size(); at += kChunk) {
      const size_t left = image.size() - at;
      call(update_chunk(++id, static_cast<uint32_t>(at), &image[at],
                        left < kChunk ? left : kChunk));
    }
    while (receiver.state() == UpdateState::kVerifying) turn();
    CHECK(receiver.state() == UpdateState::kVerified);
  }

  UpdateVectors vectors;
  FakeBoot boot;
  ChipFlash port{boot};
  FakeSecurity security;
  SecureBase base;
  esp8266::PwmLamp driver;
  BootGuard guard{boot, kUpdateIdentity.firmware_version};
  UpdateReceiver receiver{kUpdateIdentity, vectors.trust, port, guard};
  LampUnit lamp{
      kUpdateIdentity, ports, driver, {}, LinkProtection::encrypted(kTestKey, security)};
  uint64_t longest_ns = 0;
  uint32_t id = 10;
};

}  // namespace

TEST_CASE("no turn of a lamp that fades waits 50 ms while its firmware is replaced") {
  SimulatedChip& on = new_chip();
  on.miss_ns = 20000;
  on.radio_ns = 8000;
  on.flash.assign(8 * SimulatedChip::kSectorBytes, 0);
  UpdatedLamp lamp;
  const size_t shown = on.analog_writes;
  for (int round = 0; round < 20; ++round) {
    lamp.fade(round % 2 == 0);
    lamp.download();
    lamp.call(update_request(++lamp.id, signalbox_unitlink_v1_Envelope_update_abort_tag));
  }
  CHECK(on.erasures ==
        20 * (lamp.vectors.image.size() / SimulatedChip::kSectorBytes + 1));
  // It went on fading, also while signatures were checked.
  CHECK(on.analog_writes > shown + 20 * 3 * 3);
  // A light was shown in a turn that erased a sector, too.
  CHECK(lamp.longest_ns > SimulatedChip::kEraseNs);
  CHECK(lamp.longest_ns < kMaxTurnNs);
}
