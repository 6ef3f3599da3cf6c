// Updates, as machine code of the chip under QEMU.
#include "lx106/checks.h"
#include "lx106/stack_gauge.h"
#include "lx106/vector_tables.h"
#include "tests/fake_board.h"
#include "tests/fake_update.h"
#include "tests/messages.h"
#include "tests/secure_base.h"
#include "units/lamp_unit.h"
#include "vectors.h"

namespace {

using namespace signalbox;
using namespace signalbox::lx106;
using namespace signalbox::test;

constexpr UnitIdentity kLamp = {"lamp", LampUnit::kModel,      "1.4.0",
                                1,      ResetReason::kPowerOn, LampUnit::kPolicy};

Checks checks;
FakeBoard board;
Envelope answer;
uint64_t now_ms = 1000;

bool same(const void* have, const Bytes& want) {
  return memcmp(have, want.data, want.size) == 0;
}

UpdateTrust update_trust() {
  UpdateTrust trust;
  for (const Bytes& point : kUpdate.trusted) {
    memcpy(trust.keys[trust.count++].point, point.data, UpdateKey::kBytes);
  }
  return trust;
}

constexpr const char* kUpdateErrors[] = {"none",          "bad_manifest", "unknown_key",
                                         "bad_signature", "wrong_model",  "not_newer",
                                         "min_version"};

// Every manifest, with and without its signature.
void run_begin_vectors(const UpdateTrust& trust) {
  size_t deepest = 0;
  for (size_t i = 0; i < kUpdate.begin_count; ++i) {
    const BeginVector& vector = kUpdate.begins[i];
    UnitIdentity identity = kLamp;
    identity.safe_mode = vector.safe_mode;
    static FakeUpdatePort port;
    port = FakeUpdatePort();
    FakeBoot boot;
    BootGuard guard(boot, identity.firmware_version);
    guard.start_counted(vector.safe_mode);
    UpdateReceiver receiver(identity, trust, port, guard);
    answer = update_begin(1, vector.manifest.data, vector.manifest.size,
                          vector.signature.data, vector.key_id);
    UpdateStatus status = {};
    if (receiver.accept(answer, true, status) == UpdateReceiver::Accepted::kLater) {
      while (!receiver.is_offer_decided()) {
        const size_t used =
            StackGauge::measure([&receiver] { (void)receiver.poll(now_ms); });
        if (used > deepest) deepest = used;
      }
      receiver.answer_offer(status);
    }
    CHECK(strcmp(kUpdateErrors[status.error], vector.error) == 0, vector.name);
  }
  checks.loop_stack("signature", deepest);
}

// An update over an encrypted link, while the lamp is in use, up to the restart.
void run_update_session(const UpdateTrust& trust) {
  static FakeLamp port;
  static FakeSecurity security;
  static FakeUpdatePort slot;
  static FakeBoot boot;
  static BootGuard guard(boot, kLamp.firmware_version);
  CHECK(guard.start() == BootGuard::Start::kNormal, "a normal start");
  static UpdateReceiver receiver(kLamp, trust, slot, guard);
  static LampUnit updated(kLamp, board.ports, port, {},
                          LinkProtection::encrypted(kTestKey, security));
  static SecureBase base;
  Unit& unit = updated.unit;
  unit.enable_updates(receiver);
  static size_t deepest = 0;
  const auto turn = [&unit] {
    const size_t used = StackGauge::measure([&unit] {
      while ((unit.poll(now_ms) == 0 || base.link.unread_bytes() > 0) &&
             !unit.ready_to_restart()) {
      }
    });
    if (used > deepest) deepest = used;
  };
  const auto state_after = [&](const Envelope& request) {
    base.send(request);
    turn();
    return base.next_message(answer) &&
                   answer.which_body == signalbox_unitlink_v1_Envelope_update_status_tag
               ? static_cast<UpdateState>(answer.body.update_status.state)
               : UpdateState::kNothing;
  };
  base.link.below_write = &use_network_stack;
  unit.accept(base.link, now_ms);
  CHECK(base.open(turn), "keys");
  base.send(hello());
  turn();
  CHECK(base.next_message(answer), "hello");
  const BeginVector& begin = kUpdate.begins[0];
  CHECK(state_after(update_begin(2, begin.manifest.data, begin.manifest.size,
                                 begin.signature.data, begin.key_id)) ==
            UpdateState::kReceiving,
        "the update begins");
  const Bytes& image = kUpdate.image;
  constexpr size_t kChunk = 896;
  for (size_t at = 0; at < image.size; at += kChunk) {
    const size_t size = image.size - at < kChunk ? image.size - at : kChunk;
    (void)state_after(update_chunk(3, static_cast<uint32_t>(at), image.data + at, size));
    base.send(write(4, Lamp::kOn, boolean(at == 0)));
    turn();
    CHECK(base.next_message(answer) && port.shown.on == (at == 0),
          "the lamp obeys between chunks");
  }
  CHECK(state_after(update_query(5)) == UpdateState::kVerified, "read back");
  CHECK(same(slot.bytes, image), "the image is stored");
  CHECK(state_after(update_request(6, signalbox_unitlink_v1_Envelope_update_apply_tag)) ==
            UpdateState::kArmed,
        "armed");
  turn();
  CHECK(slot.armed && unit.ready_to_restart(), "restarts with it");
  checks.loop_stack("update", deepest);
}

// What is left of a unit in safe mode: it still shakes hands, on the same stack.
void run_safe_mode_session(const UpdateTrust& trust) {
  static UnitIdentity identity = kLamp;
  identity.safe_mode = true;
  static FakeLamp port;
  static FakeSecurity security;
  static FakeUpdatePort slot;
  static FakeBoot boot;
  static BootGuard guard(boot, kLamp.firmware_version);
  guard.start_counted(true);
  static UpdateReceiver receiver(identity, trust, slot, guard);
  static LampUnit safe(identity, board.ports, port, {},
                       LinkProtection::encrypted(kTestKey, security));
  static SecureBase base;
  base.link.below_write = &use_network_stack;
  Unit& unit = safe.unit;
  unit.enable_updates(receiver);
  static size_t deepest = 0;
  const auto turn = [&unit] {
    const size_t used = StackGauge::measure([&unit] {
      while (unit.poll(now_ms) == 0) {
      }
    });
    if (used > deepest) deepest = used;
  };
  unit.accept(base.link, now_ms);
  CHECK(base.open(turn), "keys in safe mode");
  base.send(hello());
  turn();
  CHECK(base.next_message(answer) && answer.body.hello.identity.unit.safe_mode,
        "hello in safe mode");
  checks.loop_stack("safe mode", deepest);
}

}  // namespace

int main_program() {
  static const UpdateTrust trust = update_trust();
  run_safe_mode_session(trust);
  run_begin_vectors(trust);
  run_update_session(trust);
  checks.summarize();
  return checks.failed() == 0 ? 0 : 1;
}
