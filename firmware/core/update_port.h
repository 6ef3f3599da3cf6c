// Port: where a new firmware is kept until it runs (docs/unit-link.md section 11.3).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/sha256.h"
#include "core/wire.h"

namespace signalbox {

struct UpdatePlan {
  // Of the manifest: the same image, size and all.
  uint8_t digest[Sha256::kDigestBytes];
  uint32_t size;
  char version[sizeof(signalbox_unitlink_v1_UpdateManifest::version)];
};

// None of it waits for more than the writing of one chunk.
class UpdatePort {
 public:
  enum class [[nodiscard]] Begun : uint8_t{kReady, kNoRoom, kFailed};

  // The platform: the manifest's `platform`.
  virtual const char* platform() const = 0;

  // Makes room for an image beside the running one. `kept` is how much of this image was
  // durably stored before a restart; 0 if unknown.
  virtual Begun begin(const UpdatePlan& plan, uint32_t& kept) = 0;

  // One step that prepares the storage for the next bytes, in a turn of its own: called
  // between chunks. False if the storage failed.
  virtual bool prepare() { return true; }

  // In order and without gaps, from `kept` on; a multiple of 4 bytes except at the end.
  virtual bool write(uint32_t offset, const uint8_t* data, size_t size) = 0;

  // Everything is written: from now on reads return what a restart would find.
  virtual bool finish() = 0;

  virtual bool read(uint32_t offset, uint8_t* into, size_t size) = 0;

  // The next start runs the image, with no starts counted and unconfirmed: all of it or,
  // where false is returned or the power fails meanwhile, nothing of it.
  virtual bool arm() = 0;

  // The image is of no use. What runs now is untouched.
  virtual void discard() = 0;

 protected:
  ~UpdatePort() = default;
};

}  // namespace signalbox
