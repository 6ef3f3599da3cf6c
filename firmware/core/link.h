// Port: one byte pipe to a peer. The shell owns the object and hands it to the session;
// once the session has closed it, the session does not touch it again.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

class Link {
 public:
  // Copies waiting bytes, at most `capacity`; 0 when there are none now. Never waits.
  virtual size_t read(uint8_t* into, size_t capacity) = 0;

  // Accepts as many bytes as fit now and returns how many; 0 if none. Never blocks.
  virtual size_t write(const uint8_t* data, size_t size) = 0;

  // A number for the peer's address, equal for equal addresses; 0 if unknown. It does not
  // authenticate.
  virtual uint32_t peer_address() const { return 0; }

  // False once the peer has gone and no more bytes can be read.
  virtual bool is_open() = 0;

  // Flushes accepted bytes, then closes, without blocking.
  virtual void close() = 0;

 protected:
  ~Link() = default;
};

}  // namespace signalbox
