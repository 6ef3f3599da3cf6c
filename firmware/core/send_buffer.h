// Bytes that the link has not accepted yet. Whole frames go in; the link accepts what
// fits.
#pragma once

#include <string.h>

#include "core/envelope_codec.h"

namespace signalbox {

class SendBuffer {
 public:
  void clear() { used_ = 0; }
  bool empty() const { return used_ == 0; }
  size_t room() const { return capacity_ - used_; }
  uint8_t* tail() { return bytes_ + used_; }
  void append(size_t count) { used_ += count; }

  const uint8_t* data() const { return bytes_; }
  size_t size() const { return used_; }
  void consume(size_t count) {
    used_ -= count;
    if (used_ > 0) memmove(bytes_, bytes_ + count, used_);
  }

  // Replaces the other, which must be empty and no larger.
  void move_from(SendBuffer& other) {
    used_ = other.used_;
    memcpy(bytes_, other.bytes_, used_);
    other.clear();
  }

 protected:
  SendBuffer(uint8_t* bytes, size_t capacity) : bytes_(bytes), capacity_(capacity) {}

 private:
  uint8_t* const bytes_;
  const size_t capacity_;
  size_t used_ = 0;
};

template <size_t Capacity>
class SendBufferOf final : public SendBuffer {
 public:
  static constexpr size_t kCapacity = Capacity;
  SendBufferOf() : SendBuffer(memory_, Capacity) {}

 private:
  uint8_t memory_[Capacity];
};

// For the served peer: one largest frame, and room for small ones (busy, goodbye).
using AnswerBuffer = SendBufferOf<kMaxSentFrameBytes + 320>;
// For a peer before its hello: it gets only the end of its handshake, refusals of tickets
// and a goodbye.
using OpeningBuffer = SendBufferOf<192>;

}  // namespace signalbox
