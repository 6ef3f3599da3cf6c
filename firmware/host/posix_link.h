// A Link on a TCP socket, non-blocking.
#pragma once

#include <stdint.h>

#include "core/link.h"

namespace signalbox::host {

class PosixLink final : public Link {
 public:
  bool is_free() const { return fd_ < 0; }
  int fd() const { return fd_; }

  // `address` as peer_address() returns it.
  void open(int fd, uint32_t address = 0);

  size_t read(uint8_t* into, size_t capacity) override;
  size_t write(const uint8_t* data, size_t size) override;
  uint32_t peer_address() const override { return address_; }
  bool is_open() override { return fd_ >= 0 && !ended_; }
  // Ends the sending side and lingers for the peer's end: a close with unread bytes
  // would be a reset, which can overtake the goodbye.
  void close() override;

  // What poll(2) shall watch for.
  short wanted_events() const;
  bool is_lingering() const { return closing_; }
  // Releases the socket when the peer has closed or has had time enough.
  void close_slowly(uint64_t now_ms);
  void release();

 private:
  int fd_ = -1;
  uint32_t address_ = 0;
  bool ended_ = false;    // no more bytes to read
  bool blocked_ = false;  // the last write was cut short
  bool closing_ = false;
  uint64_t close_at_ms_ = 0;
};

}  // namespace signalbox::host
