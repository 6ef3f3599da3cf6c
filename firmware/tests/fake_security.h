// Random bytes that a test chooses: 0, 1, 2, ... unless told otherwise.
#pragma once

#include <string.h>

#include "core/security_port.h"

namespace signalbox::test {

class FakeSecurity final : public SecurityPort {
 public:
  // The next 32 bytes that are asked for.
  void prepare(const uint8_t* bytes) {
    memcpy(prepared_, bytes, sizeof prepared_);
    is_prepared_ = true;
  }
  unsigned rests() const { return rests_; }
  // Whether a computation is under way; it must not rest outside of one.
  bool is_computing() const { return computing_ > 0; }
  unsigned computations() const { return computations_; }

  void fill_random(uint8_t* into, size_t size) override {
    if (is_prepared_ && size == sizeof prepared_) {
      memcpy(into, prepared_, size);
      is_prepared_ = false;
      return;
    }
    for (size_t i = 0; i < size; ++i) into[i] = next_++;
  }
  void begin_computing() override {
    ++computing_;
    ++computations_;
  }
  void end_computing() override { --computing_; }
  void rest() override { ++rests_; }

 private:
  uint8_t prepared_[32] = {};
  bool is_prepared_ = false;
  uint8_t next_ = 0;
  unsigned rests_ = 0;
  unsigned computing_ = 0;
  unsigned computations_ = 0;
};

}  // namespace signalbox::test
