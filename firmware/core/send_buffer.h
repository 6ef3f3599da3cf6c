// Bytes that the link has not taken yet. Whole frames go in; the link takes what fits.
#pragma once

#include <string.h>

#include "core/envelope_codec.h"

namespace signalbox {

class SendBuffer {
 public:
  // One largest frame, and room beside it for small ones (busy, goodbye).
  static constexpr size_t kCapacity = kMaxSentFrameBytes + 320;

  void clear() { used_ = 0; }
  bool empty() const { return used_ == 0; }
  size_t room() const { return kCapacity - used_; }
  uint8_t* tail() { return bytes_ + used_; }
  void append(size_t count) { used_ += count; }

  const uint8_t* data() const { return bytes_; }
  size_t size() const { return used_; }
  void consume(size_t count) {
    used_ -= count;
    if (used_ > 0) memmove(bytes_, bytes_ + count, used_);
  }

 private:
  size_t used_ = 0;
  uint8_t bytes_[kCapacity] = {};
};

}  // namespace signalbox
