#include "core/update_receiver.h"

#include <pb_decode.h>
#include <string.h>

#include "core/capability.h"
#include "core/value.h"
#include "core/version_number.h"

namespace signalbox {
namespace {

constexpr uint32_t kManifestFormat = 1;
// Bytes read back in one turn: hashing 100 bytes takes a fraction of a millisecond on the
// chip, so the link remains responsive.
constexpr size_t kPieceBytes = 512;

}  // namespace

UpdateReceiver::UpdateReceiver(const UnitIdentity& identity, const UpdateTrust& trust,
                               UpdatePort& port, BootGuard& guard)
    : identity_(identity), trust_(trust), port_(port), guard_(guard) {}

UpdateReceiver::Accepted UpdateReceiver::accept(const Envelope& request,
                                                bool is_encrypted, UpdateStatus& answer) {
  UpdateError error = UpdateError::kNone;
  switch (request.which_body) {
    case signalbox_unitlink_v1_Envelope_update_begin_tag:
      error =
          is_encrypted ? offer(request.body.update_begin) : UpdateError::kNotEncrypted;
      if (error == UpdateError::kNone && offer_.stage == Offer::Stage::kChecking) {
        return Accepted::kLater;
      }
      break;
    case signalbox_unitlink_v1_Envelope_update_chunk_tag:
      error =
          is_encrypted ? store(request.body.update_chunk) : UpdateError::kNotEncrypted;
      break;
    case signalbox_unitlink_v1_Envelope_update_apply_tag:
      error = is_encrypted ? apply() : UpdateError::kNotEncrypted;
      break;
    case signalbox_unitlink_v1_Envelope_update_abort_tag:
      if (!is_encrypted) {
        error = UpdateError::kNotEncrypted;
      } else if (state_ != UpdateState::kArmed) {
        give_up(UpdateError::kNone);
        // The previous offer must no longer begin anything.
        if (offer_.stage == Offer::Stage::kChecking) decide(UpdateError::kOutOfOrder);
      }
      break;
    case signalbox_unitlink_v1_Envelope_update_query_tag:
      break;
    default:
      return Accepted::kNoUpdateRequest;
  }
  fill(error, answer);
  return Accepted::kAnswered;
}

void UpdateReceiver::answer_offer(UpdateStatus& answer) {
  fill(offer_.error, answer);
  forget_offer();
}

void UpdateReceiver::fill(UpdateError error, UpdateStatus& answer) {
  if (error == UpdateError::kNone) {
    error = ended_;
    ended_ = UpdateError::kNone;
  }
  answer = {};
  answer.state = static_cast<signalbox_unitlink_v1_UpdateState>(state_);
  answer.next_offset = next_offset_;
  answer.error = static_cast<signalbox_unitlink_v1_UpdateError>(error);
  answer.confirmed = guard_.is_confirmed();
  answer.output_on = output_is_on();
  copy_text(answer.failed_version, sizeof answer.failed_version, guard_.failed_version());
}

uint32_t UpdateReceiver::poll(uint64_t now_ms) {
  // The record of starts is that of the next firmware already.
  if (wants_restart_) return kIdle;
  if (guard_.poll(now_ms)) wants_restart_ = true;
  // One of these per turn: each does a part of its work.
  if (offer_.stage == Offer::Stage::kChecking) {
    check_offer();
    return 0;
  }
  if (has_stored_) {
    has_stored_ = false;
    return 0;
  }
  if (state_ == UpdateState::kReceiving && !port_.prepare()) {
    give_up(UpdateError::kStorage);
  }
  if (state_ == UpdateState::kVerifying) verify_piece();
  return state_ == UpdateState::kVerifying ? 0 : guard_.due_in(now_ms);
}

UpdateError UpdateReceiver::offer(const UpdateBegin& request) {
  if (state_ == UpdateState::kArmed || offer_.stage != Offer::Stage::kNone) {
    return UpdateError::kOutOfOrder;
  }
  Sha256 hash;
  hash.update(request.manifest.bytes, request.manifest.size);
  hash.finish(offer_.digest);
  const bool is_same = memcmp(offer_.digest, plan_.digest, sizeof plan_.digest) == 0;
  if (state_ != UpdateState::kNothing && is_same) return UpdateError::kNone;

  // The signature first: an unsigned offer gets no other answer.
  const UpdateKey* key = trust_.find(request.key_id);
  if (key == nullptr) return UpdateError::kUnknownKey;
  if (request.signature.size != kUpdateSignatureBytes ||
      signature_.start(*key, offer_.digest, request.signature.bytes) ==
          SignatureCheck::State::kBad) {
    return UpdateError::kBadSignature;
  }
  offer_.size = request.manifest.size;
  memcpy(offer_.manifest, request.manifest.bytes, offer_.size);
  offer_.stage = Offer::Stage::kChecking;
  return UpdateError::kNone;
}

void UpdateReceiver::check_offer() {
  switch (signature_.step()) {
    case SignatureCheck::State::kRunning:
      return;
    case SignatureCheck::State::kGood:
      return decide(begin_offered());
    case SignatureCheck::State::kBad:
      return decide(UpdateError::kBadSignature);
  }
}

void UpdateReceiver::decide(UpdateError error) {
  offer_.stage = Offer::Stage::kDecided;
  offer_.error = error;
}

UpdateError UpdateReceiver::begin_offered() {
  // It may have been armed since the offer.
  if (state_ == UpdateState::kArmed) return UpdateError::kOutOfOrder;
  UpdateManifest manifest = {};
  const UpdateError refused = check(manifest);
  if (refused != UpdateError::kNone) return refused;
  give_up(UpdateError::kNone);
  UpdatePlan plan = {};
  memcpy(plan.digest, offer_.digest, sizeof plan.digest);
  plan.size = manifest.size;
  copy_text(plan.version, sizeof plan.version, manifest.version);
  uint32_t kept = 0;
  switch (port_.begin(plan, kept)) {
    case UpdatePort::Begun::kNoRoom:
      return UpdateError::kNoRoom;
    case UpdatePort::Begun::kFailed:
      return UpdateError::kStorage;
    case UpdatePort::Begun::kReady:
      break;
  }
  plan_ = plan;
  memcpy(image_digest_, manifest.sha256.bytes, sizeof image_digest_);
  next_offset_ = kept;
  state_ = UpdateState::kReceiving;
  if (next_offset_ == plan_.size) begin_verifying();
  return UpdateError::kNone;
}

// What its maker signed.
UpdateError UpdateReceiver::check(UpdateManifest& manifest) const {
  pb_istream_t stream = pb_istream_from_buffer(offer_.manifest, offer_.size);
  if (!pb_decode(&stream, signalbox_unitlink_v1_UpdateManifest_fields, &manifest) ||
      manifest.format != kManifestFormat ||
      manifest.sha256.size != Sha256::kDigestBytes || manifest.size == 0) {
    return UpdateError::kBadManifest;
  }
  if (strcmp(manifest.model, identity_.model) != 0 ||
      strcmp(manifest.platform, port_.platform()) != 0) {
    return UpdateError::kWrongModel;
  }
  return check_version(manifest);
}

UpdateError UpdateReceiver::check_version(const UpdateManifest& manifest) const {
  uint64_t offered = 0;
  if (!parse_version(manifest.version, offered)) return UpdateError::kBadManifest;
  uint64_t oldest = 0;
  if (manifest.min_version[0] != '\0' && !parse_version(manifest.min_version, oldest)) {
    return UpdateError::kBadManifest;
  }
  // What does not work may be replaced by anything that is signed.
  if (guard_.is_safe_mode()) return UpdateError::kNone;
  if (!guard_.is_confirmed()) return UpdateError::kUnconfirmed;
  // A firmware version of another form is older than all.
  uint64_t running = 0;
  if (!parse_version(identity_.firmware_version, running)) running = 0;
  if (offered <= running && !manifest.allows_downgrade) return UpdateError::kNotNewer;
  return running < oldest ? UpdateError::kMinVersion : UpdateError::kNone;
}

UpdateError UpdateReceiver::store(const UpdateChunk& chunk) {
  const uint32_t size = chunk.data.size;
  if (state_ != UpdateState::kReceiving || chunk.offset != next_offset_ || size == 0 ||
      size > plan_.size - next_offset_) {
    return UpdateError::kOutOfOrder;
  }
  const bool is_last = size == plan_.size - next_offset_;
  if (size % 4 != 0 && !is_last) return UpdateError::kOutOfOrder;
  has_stored_ = true;
  if (!port_.write(next_offset_, chunk.data.bytes, size) ||
      (is_last && !port_.finish())) {
    give_up(UpdateError::kNone);
    return UpdateError::kStorage;
  }
  next_offset_ += size;
  if (is_last) begin_verifying();
  return UpdateError::kNone;
}

UpdateError UpdateReceiver::apply() {
  if (state_ == UpdateState::kArmed) return UpdateError::kNone;
  if (state_ != UpdateState::kVerified) return UpdateError::kOutOfOrder;
  if (output_is_on()) return UpdateError::kOutputOn;
  if (!port_.arm()) {
    give_up(UpdateError::kNone);
    return UpdateError::kStorage;
  }
  state_ = UpdateState::kArmed;
  wants_restart_ = true;
  return UpdateError::kNone;
}

void UpdateReceiver::begin_verifying() {
  state_ = UpdateState::kVerifying;
  read_back_ = 0;
  hash_ = Sha256();
}

void UpdateReceiver::verify_piece() {
  uint8_t piece[kPieceBytes];
  const uint32_t left = plan_.size - read_back_;
  const size_t size = left < sizeof piece ? left : sizeof piece;
  if (!port_.read(read_back_, piece, size)) return give_up(UpdateError::kStorage);
  hash_.update(piece, size);
  read_back_ += static_cast<uint32_t>(size);
  if (read_back_ < plan_.size) return;
  uint8_t digest[Sha256::kDigestBytes];
  hash_.finish(digest);
  if (memcmp(digest, image_digest_, sizeof digest) != 0) {
    return give_up(UpdateError::kBadHash);
  }
  state_ = UpdateState::kVerified;
}

void UpdateReceiver::give_up(UpdateError error) {
  if (state_ != UpdateState::kNothing) port_.discard();
  state_ = UpdateState::kNothing;
  ended_ = error;
  next_offset_ = 0;
  plan_ = {};
}

}  // namespace signalbox
