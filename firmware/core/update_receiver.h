// Receives a new firmware over the link and installs it (docs/unit-link.md section 11).
// Nothing is stored before the signature is verified, and nothing installed before the
// stored image has been read back, both in pieces: the unit keeps working meanwhile.
#pragma once

#include "core/boot_guard.h"
#include "core/signature_check.h"
#include "core/unit_identity.h"
#include "core/update_port.h"
#include "core/update_signature.h"
#include "core/wire.h"

namespace signalbox {

using UpdateBegin = signalbox_unitlink_v1_UpdateBegin;
using UpdateChunk = signalbox_unitlink_v1_UpdateChunk;
using UpdateManifest = signalbox_unitlink_v1_UpdateManifest;
using UpdateStatus = signalbox_unitlink_v1_UpdateStatus;

enum class UpdateState : uint8_t {
  kNothing = signalbox_unitlink_v1_UpdateState_UPDATE_STATE_IDLE,
  kReceiving = signalbox_unitlink_v1_UpdateState_UPDATE_STATE_RECEIVING,
  kVerifying = signalbox_unitlink_v1_UpdateState_UPDATE_STATE_VERIFYING,
  kVerified = signalbox_unitlink_v1_UpdateState_UPDATE_STATE_VERIFIED,
  kArmed = signalbox_unitlink_v1_UpdateState_UPDATE_STATE_ARMED,
};

enum class [[nodiscard]] UpdateError : uint8_t{
    kNone = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_UNSPECIFIED,
    kBadManifest = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_BAD_MANIFEST,
    kUnknownKey = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_UNKNOWN_KEY,
    kBadSignature = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_BAD_SIGNATURE,
    kWrongModel = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_WRONG_MODEL,
    kNotNewer = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_NOT_NEWER,
    kMinVersion = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_MIN_VERSION,
    kNoRoom = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_NO_ROOM,
    kNotEncrypted = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_NOT_ENCRYPTED,
    kOutOfOrder = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_OUT_OF_ORDER,
    kBadHash = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_BAD_HASH,
    kStorage = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_STORAGE,
    kNoMemory = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_NO_MEMORY,
    kUnconfirmed = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_UNCONFIRMED,
    kOutputOn = signalbox_unitlink_v1_UpdateError_UPDATE_ERROR_OUTPUT_ON,
};

// Knows what a restart would switch off.
class OutputWatch {
 public:
  // Whether a restart would switch something off now.
  virtual bool holds_output() const = 0;

 protected:
  ~OutputWatch() = default;
};

class UpdateReceiver {
 public:
  // All arguments outlive it.
  UpdateReceiver(const UnitIdentity& identity, const UpdateTrust& trust, UpdatePort& port,
                 BootGuard& guard);

  // Installs nothing while an output is on. The watch outlives the receiver.
  void spare(const OutputWatch& outputs) { outputs_ = &outputs; }

  // kLater: an update offer, whose signature is checked first.
  enum class [[nodiscard]] Accepted : uint8_t{kNoUpdateRequest, kAnswered, kLater};

  // Handles an update request at once, whatever is queued: a chunk is too large to queue.
  // Only one offer at a time is checked; another one is out of order.
  Accepted accept(const Envelope& request, bool is_encrypted, UpdateStatus& answer);

  // Whether the offer's answer is ready; and that answer, once.
  bool is_offer_decided() const { return offer_.stage == Offer::Stage::kDecided; }
  void answer_offer(UpdateStatus& answer);
  // The peer that made it is gone.
  void forget_offer() { offer_.stage = Offer::Stage::kNone; }

  // Continues the check of a signature, and reads back a piece of what was stored.
  // Returns the milliseconds until it must be called again; 0: at once, kIdle: after the
  // next request.
  uint32_t poll(uint64_t now_ms);

  // The image is armed, or the one before is back: the shell restarts when the answers
  // have left.
  bool wants_restart() const { return wants_restart_; }

  // Another part requests a restart.
  void leave_in_good_order() {
    if (!wants_restart_) guard_.leave_in_good_order();
  }

  BootGuard& guard() { return guard_; }
  UpdateState state() const { return state_; }

 private:
  // The offer, until its signature is checked and its answer fetched.
  struct Offer {
    enum class Stage : uint8_t { kNone, kChecking, kDecided };

    Stage stage = Stage::kNone;
    UpdateError error = UpdateError::kNone;
    uint16_t size = 0;
    uint8_t manifest[sizeof(UpdateBegin::manifest.bytes)];
    uint8_t digest[Sha256::kDigestBytes];
  };

  UpdateError offer(const UpdateBegin& request);
  void check_offer();
  void decide(UpdateError error);
  UpdateError begin_offered();
  UpdateError check(UpdateManifest& manifest) const;
  void fill(UpdateError error, UpdateStatus& answer);
  UpdateError check_version(const UpdateManifest& manifest) const;
  UpdateError store(const UpdateChunk& chunk);
  UpdateError apply();
  void begin_verifying();
  void verify_piece();
  void give_up(UpdateError error);
  bool output_is_on() const { return outputs_ != nullptr && outputs_->holds_output(); }

  const UnitIdentity& identity_;
  const UpdateTrust& trust_;
  UpdatePort& port_;
  BootGuard& guard_;
  const OutputWatch* outputs_ = nullptr;

  UpdateState state_ = UpdateState::kNothing;
  bool wants_restart_ = false;
  // In this turn, which thereby had its wait for the storage.
  bool has_stored_ = false;
  // Why the current update ended by itself; returned once.
  UpdateError ended_ = UpdateError::kNone;
  Offer offer_;
  SignatureCheck signature_;
  UpdatePlan plan_ = {};
  uint8_t image_digest_[Sha256::kDigestBytes] = {};
  uint32_t next_offset_ = 0;
  uint32_t read_back_ = 0;
  Sha256 hash_;
};

}  // namespace signalbox
