// A link in memory. The test plays the peer. Allocates nothing, so that the allocation
// test sees only the firmware's own.
#pragma once

#include <string.h>

#include "core/link.h"

namespace signalbox::test {

class FakeLink final : public Link {
 public:
  static constexpr size_t kCapacity = 65536;

  uint32_t address = 0;
  // Called with each write, for what a board's network does below it.
  void (*below_write)() = nullptr;

  // The test's side.
  void renew() {
    in_begin_ = in_end_ = out_size_ = write_calls_ = 0;
    write_allowance_ = SIZE_MAX;
    peer_open_ = true;
    closed_ = false;
  }
  void feed(const uint8_t* data, size_t size) {
    memcpy(in_ + in_end_, data, size);
    in_end_ += size;
  }
  void hang_up() { peer_open_ = false; }
  // The unit may write this many bytes, until the next call.
  void allow_writes(size_t bytes) { write_allowance_ = bytes; }
  const uint8_t* sent() const { return out_; }
  size_t sent_bytes() const { return out_size_; }
  void forget_sent() { out_size_ = 0; }
  size_t unread_bytes() const { return in_end_ - in_begin_; }
  size_t write_calls() const { return write_calls_; }
  bool was_closed() const { return closed_; }

  // The unit's side.
  size_t read(uint8_t* into, size_t capacity) override {
    const size_t chunk = unread_bytes() < capacity ? unread_bytes() : capacity;
    memcpy(into, in_ + in_begin_, chunk);
    in_begin_ += chunk;
    if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
    return chunk;
  }
  size_t write(const uint8_t* data, size_t size) override {
    ++write_calls_;
    if (below_write != nullptr) below_write();
    size_t chunk = size < write_allowance_ ? size : write_allowance_;
    if (chunk > kCapacity - out_size_) chunk = kCapacity - out_size_;
    memcpy(out_ + out_size_, data, chunk);
    out_size_ += chunk;
    write_allowance_ -= chunk;
    return chunk;
  }
  uint32_t peer_address() const override { return address; }
  bool is_open() override { return peer_open_; }
  void close() override { closed_ = true; }

 private:
  uint8_t in_[kCapacity] = {};
  uint8_t out_[kCapacity] = {};
  size_t in_begin_ = 0;
  size_t in_end_ = 0;
  size_t out_size_ = 0;
  size_t write_allowance_ = SIZE_MAX;
  size_t write_calls_ = 0;
  bool peer_open_ = true;
  bool closed_ = false;
};

}  // namespace signalbox::test
