// Decodes frames from a byte stream in chunks of any size.
#pragma once

#include "core/frame.h"

namespace signalbox {

class FrameDecoder {
 public:
  enum class [[nodiscard]] Progress : uint8_t{kNeedMore, kFrame, kError};

  // Forgets everything and expects the first frame of a new link.
  void reset(LinkSecurity security);

  // Consumes from `data` until a frame is complete, an error is found or the bytes are
  // used up, and moves `data` and `size` past what it consumed. After an error it
  // consumes nothing and stays in error: there is no resynchronisation.
  Progress feed(const uint8_t*& data, size_t& size);

  // The frame's body; valid after kFrame until the next feed. It may be decrypted in
  // place.
  uint8_t* body() { return body_; }
  size_t body_bytes() const { return body_bytes_; }

  FrameError error() const { return error_; }

 private:
  FrameError check_header_byte(uint8_t byte);

  LinkSecurity security_ = LinkSecurity::kPlain;
  FrameError error_ = FrameError::kNone;
  size_t filled_ = 0;  // bytes of the present frame seen so far, header included
  size_t body_bytes_ = 0;
  uint8_t body_[kMaxBodyBytes] = {};
};

}  // namespace signalbox
