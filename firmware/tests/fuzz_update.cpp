// libFuzzer target: manifests and update messages into a receiver, with a slot that
// watches what is done to it. The first byte of the input chooses what stands before it,
// the second the state of the unit.
#include <pb_encode.h>
#include <string.h>

#include "core/envelope_codec.h"
#include "core/update_receiver.h"
#include "tests/fake_update.h"

using namespace signalbox;
using namespace signalbox::test;

// In place of core/update_signature.cpp and core/signature_check.cpp: a real signature
// takes as long as a thousand messages, and what the fuzzer could find in one is not
// ours. The vectors check those.
namespace signalbox {

constexpr uint32_t kKeyId = 7;
constexpr uint16_t kFuzzedSteps = 3;

uint32_t UpdateKey::id() const { return kKeyId; }

const UpdateKey* UpdateTrust::find(uint32_t id) const {
  return id == kKeyId ? &keys[0] : nullptr;
}

SignatureCheck::State SignatureCheck::start(
    const UpdateKey&, const uint8_t digest[Sha256::kDigestBytes],
    const uint8_t signature[kUpdateSignatureBytes]) {
  bits_left_ = kFuzzedSteps;
  (void)of_digest_.load(digest);
  (void)of_r_.load(signature);
  state_ = State::kRunning;
  return state_;
}

SignatureCheck::State SignatureCheck::step() {
  if (--bits_left_ > 0) return state_;
  const bool is_good = memcmp(&of_digest_, &of_r_, sizeof of_r_) == 0;
  state_ = is_good ? State::kGood : State::kBad;
  return state_;
}

bool ScalarP256::load(const uint8_t bytes[kBytes]) {
  memcpy(words, bytes, sizeof words);
  return true;
}

}  // namespace signalbox

namespace {

constexpr uint32_t kImageBytes = 2000;
constexpr UnitIdentity kIdentity = {
    "fuzz", "rgb-lamp", "1.4.0", 1, ResetReason::kPowerOn, SessionPolicy::kOnDemand};

void require(bool good) {
  if (!good) __builtin_trap();
}

// Takes bytes only in order and only of an image that was begun, and is armed only with
// what was promised.
class WatchfulPort final : public FakeUpdatePort {
 public:
  Begun begin(const UpdatePlan& plan, uint32_t& kept) override {
    require(plan.size > 0);
    size_ = plan.size;
    filled_ = 0;
    is_open_ = plan.size <= kCapacity;
    return FakeUpdatePort::begin(plan, kept);
  }
  bool write(uint32_t offset, const uint8_t* data, size_t size) override {
    require(is_open_ && offset == filled_ && size > 0 && size <= size_ - filled_);
    require(size % 4 == 0 || offset + size == size_);
    filled_ += static_cast<uint32_t>(size);
    return FakeUpdatePort::write(offset, data, size);
  }
  bool finish() override {
    require(is_open_ && filled_ == size_);
    return FakeUpdatePort::finish();
  }
  bool read(uint32_t offset, uint8_t* into, size_t size) override {
    require(is_open_ && offset + size <= size_ && filled_ == size_);
    return FakeUpdatePort::read(offset, into, size);
  }
  bool arm() override {
    require(is_open_ && filled_ == size_);
    return FakeUpdatePort::arm();
  }
  void discard() override {
    is_open_ = false;
    FakeUpdatePort::discard();
  }

 private:
  uint32_t size_ = 0;
  uint32_t filled_ = 0;
  bool is_open_ = false;
};

// What is signed begins with the digest of what it signs.
Envelope sign(const uint8_t* manifest, size_t size) {
  Envelope envelope = {};
  envelope.request_id = 1;
  envelope.which_body = signalbox_unitlink_v1_Envelope_update_begin_tag;
  UpdateBegin& begin = envelope.body.update_begin;
  begin.manifest.size = static_cast<pb_size_t>(size);
  memcpy(begin.manifest.bytes, manifest, size);
  begin.signature.size = kUpdateSignatureBytes;
  Sha256 hash;
  hash.update(manifest, size);
  hash.finish(begin.signature.bytes);
  begin.key_id = kKeyId;
  return envelope;
}

// Of an image of zeros.
size_t good_manifest(uint8_t* into, size_t capacity) {
  UpdateManifest manifest = signalbox_unitlink_v1_UpdateManifest_init_zero;
  manifest.format = 1;
  strcpy(manifest.model, "rgb-lamp");
  strcpy(manifest.platform, "test");
  strcpy(manifest.version, "1.5.0");
  manifest.size = kImageBytes;
  const uint8_t zeros[kImageBytes] = {};
  Sha256 hash;
  hash.update(zeros, sizeof zeros);
  hash.finish(manifest.sha256.bytes);
  manifest.sha256.size = Sha256::kDigestBytes;
  pb_ostream_t stream = pb_ostream_from_buffer(into, capacity);
  require(pb_encode(&stream, signalbox_unitlink_v1_UpdateManifest_fields, &manifest));
  return stream.bytes_written;
}

// What stands before the messages of the input.
enum class Way : uint8_t {
  kMessages,  // nothing
  kBegun,     // an update that has begun
  kSigned,    // no messages: the input is a manifest, and signed
};

// Until it is answered.
void offer(UpdateReceiver& receiver, const Envelope& message, UpdateStatus& status) {
  switch (receiver.accept(message, true, status)) {
    case UpdateReceiver::Accepted::kNoUpdateRequest:
      return require(false);
    case UpdateReceiver::Accepted::kAnswered:
      return;
    case UpdateReceiver::Accepted::kLater:
      break;
  }
  for (uint16_t i = 0; i < kFuzzedSteps; ++i) {
    require(!receiver.is_offer_decided());
    receiver.poll(0);
  }
  require(receiver.is_offer_decided());
  receiver.answer_offer(status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const UpdateTrust trust = {{UpdateKey()}, 1};
  static uint8_t manifest[256];
  static const size_t manifest_bytes = good_manifest(manifest, sizeof manifest);
  static const Envelope good = sign(manifest, manifest_bytes);
  if (size < 2) return 0;
  const Way way = static_cast<Way>(data[0] % 3);
  UnitIdentity identity = kIdentity;
  identity.safe_mode = data[1] % 4 == 1;
  BootRecord record;
  record.unconfirmed = data[1] % 8 == 2;
  data += 2;
  size -= 2;

  static WatchfulPort port;
  port = WatchfulPort();
  FakeBoot boot(record);
  BootGuard guard(boot, identity.firmware_version);
  guard.start_counted(identity.safe_mode);
  UpdateReceiver receiver(identity, trust, port, guard);
  UpdateStatus status = {};
  static Envelope message;
  if (way == Way::kSigned) {
    const size_t length = size < sizeof manifest ? size : sizeof manifest;
    message = sign(data, length);
    offer(receiver, message, status);
    require(status.error != signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_BAD_SIGNATURE);
    return 0;
  }
  if (way == Way::kBegun) offer(receiver, good, status);
  // Each message after its length, in two bytes.
  while (size >= 2) {
    size_t length = static_cast<size_t>(data[0] % 4) << 8 | data[1];
    data += 2;
    size -= 2;
    if (length > size) length = size;
    if (decode_envelope(data, length, message) == Decoded::kMessage) {
      const auto accepted = receiver.accept(message, true, status);
      require(accepted != UpdateReceiver::Accepted::kAnswered ||
              status.next_offset <= FakeUpdatePort::kCapacity);
    }
    receiver.poll(0);
    // Now and then the base is gone, with its offer or just before its answer.
    if (length % 8 == 7) receiver.forget_offer();
    if (receiver.is_offer_decided()) receiver.answer_offer(status);
    data += length;
    size -= length;
  }
  // What is armed was begun, and the port saw it whole.
  require(!port.armed || port.begun > 0);
  return 0;
}
