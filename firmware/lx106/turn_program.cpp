// How long a turn of the loop takes a unit, in the chip's own instructions: the longest
// one while its base floods it, while its base reads nothing, and during an update.
#include "core/update_receiver.h"
#include "lx106/checks.h"
#include "lx106/cycle_clock.h"
#include "lx106/vector_tables.h"
#include "tests/fake_board.h"
#include "tests/fake_update.h"
#include "tests/messages.h"
#include "tests/secure_base.h"
#include "units/button_unit.h"
#include "units/lamp_unit.h"
#include "units/light_sensor_unit.h"
#include "units/relay_unit.h"
#include "units/thermometer_unit.h"
#include "vectors.h"

namespace {

using namespace signalbox;
using namespace signalbox::lx106;
using namespace signalbox::test;

constexpr const char* kVersion = "1.4.0";
constexpr UnitIdentity kLamp = {"lamp", LampUnit::kModel,      kVersion,
                                1,      ResetReason::kPowerOn, LampUnit::kPolicy};
constexpr UnitIdentity kLight = {
    "light", LightSensorUnit::kModel, kVersion,
    1,       ResetReason::kPowerOn,   LightSensorUnit::kPolicy};
constexpr UnitIdentity kClimate = {
    "climate", ThermometerUnit::kModel, kVersion,
    1,         ResetReason::kPowerOn,   ThermometerUnit::kPolicy};
constexpr UnitIdentity kRelay = {"relay", RelayUnit::kModel,     kVersion,
                                 1,       ResetReason::kPowerOn, RelayUnit::kPolicy};
constexpr UnitIdentity kButton = {"button", ButtonUnit::kModel,    kVersion,
                                  1,        ResetReason::kPowerOn, ButtonUnit::kPolicy};

FakeBoard board;
FakeSecurity security;
SecureBase base;
uint64_t now_ms = 1000;
uint32_t next_id = 1;
bool is_good = true;

void expect(bool good) { is_good = is_good && good; }

// A unit with its base, and the longest of its turns.
struct Probe {
  explicit Probe(Unit& of) : unit(of) {
    base.renew();
    unit.accept(base.link, now_ms);
    expect(base.open([this] { settle(); }));
    say(hello(next_id++));
    settle();
    expect(unit.has_peer());
    longest = 0;  // those of the handshake are no part of it
  }
  void turn() {
    const uint32_t begin = clock_now();
    (void)unit.poll(now_ms);
    const uint32_t elapsed = clock_now() - begin;
    if (elapsed > longest) longest = elapsed;
  }
  void settle() {
    for (int i = 0; i < 40 || base.link.unread_bytes() > 0; ++i) {
      turn();
      if (i > 400) break;
    }
  }
  void say(const Envelope& envelope) { base.send(envelope); }
  // One of each kind of request for each thing that the unit might have.
  void flood() {
    constexpr uint32_t kMaxThings = 48;
    for (uint32_t thing = 0; thing < kMaxThings; ++thing) {
      say(subscribe(next_id++, thing, 10));
      say(read(next_id++, thing));
      say(describe(next_id++, thing));
      say(write(next_id++, thing, integer(1), {next_id, 0}, 1000));
      say(ping(next_id++));
      // More at once than the unit reads and accepts in a turn.
      if (thing % 4 != 3) continue;
      settle();
      now_ms += 40;
      base.forget_sent();
    }
  }
  uint32_t reset_longest() {
    const uint32_t had = longest;
    longest = 0;
    return had;
  }

  Unit& unit;
  uint32_t longest = 0;
};

void probe(const char* name, Unit& unit) {
  Probe of(unit);
  of.flood();
  uint32_t longest = of.reset_longest();
  expect(unit.counters().requests_done > 40);
  expect(unit.counters().requests_refused_busy > 40);
  // It reads until its buffers are full; everything later waits.
  base.link.allow_writes(0);
  of.flood();
  // When it reads again, everything that was stored for it is sent.
  base.link.allow_writes(SIZE_MAX);
  of.settle();
  const uint32_t silent = of.reset_longest();
  if (silent > longest) longest = silent;
  say_ticks(name, longest);
}

void probe_update() {
  static UpdateTrust trust;
  for (const Bytes& point : kUpdate.trusted) {
    memcpy(trust.keys[trust.count++].point, point.data, UpdateKey::kBytes);
  }
  static FakeLamp port;
  static FakeUpdatePort slot;
  static FakeBoot boot;
  static BootGuard guard(boot, kVersion);
  guard.start_counted(false);
  static UpdateReceiver receiver(kLamp, trust, slot, guard);
  static LampUnit lamp(kLamp, board.ports, port, {},
                       LinkProtection::encrypted(kTestKey, security));
  lamp.unit.enable_updates(receiver);
  Probe of(lamp.unit);
  const BeginVector& begin = kUpdate.begins[0];
  of.say(update_begin(next_id++, begin.manifest.data, begin.manifest.size,
                      begin.signature.data, begin.key_id));
  of.settle();
  expect(receiver.state() == UpdateState::kReceiving);
  say_ticks("turn-signature", of.reset_longest());
  const Bytes& image = kUpdate.image;
  constexpr size_t kChunk = 896;
  for (size_t at = 0; at < image.size; at += kChunk) {
    const size_t size = image.size - at < kChunk ? image.size - at : kChunk;
    of.say(update_chunk(next_id++, static_cast<uint32_t>(at), image.data + at, size));
    of.settle();
  }
  expect(receiver.state() == UpdateState::kVerified);
  say_ticks("turn-update", of.reset_longest());
}

// The longest step that a peer with the key can cause: all bits of the two factors are
// ones.
void probe_worst_step() {
  UpdateKey key;
  memcpy(key.point, kUpdate.trusted[0].data, sizeof key.point);
  uint8_t digest[Sha256::kDigestBytes] = {0xFF, 0xFF, 0xFF, 0xFF};
  uint8_t signature[kUpdateSignatureBytes] = {0xFF, 0xFF, 0xFF, 0xFF};
  signature[kUpdateSignatureBytes - 1] = 1;  // s, by which both are divided
  static SignatureCheck check;
  uint32_t begin = clock_now();
  expect(check.start(key, digest, signature) == SignatureCheck::State::kRunning);
  (void)check.step();
  say_ticks("turn-step", clock_now() - begin);
}

}  // namespace

int main_program() {
  const LinkProtection protection = LinkProtection::encrypted(kTestKey, security);
  say_spin();
  static FakeLamp lamp_port;
  static LampUnit lamp(kLamp, board.ports, lamp_port, {}, protection);
  probe("turn-lamp", lamp.unit);
  static FakeLight light_port;
  static LightSensorUnit light(kLight, board.ports, light_port, 10, protection);
  probe("turn-light", light.unit);
  static FakeClimate climate_port;
  static ThermometerUnit climate(kClimate, board.ports, climate_port, 10, protection);
  probe("turn-thermometer", climate.unit);
  static FakeRelay relay_port;
  static RelayUnit relay(kRelay, board.ports, relay_port, {false, 0, 2000}, protection);
  relay.relay.begin();
  probe("turn-relay", relay.unit);
  static FakeButton button_port;
  static ButtonUnit button(kButton, board.ports, button_port, protection);
  probe("turn-button", button.unit);
  probe_update();
  probe_worst_step();
  return is_good ? 0 : 1;
}
