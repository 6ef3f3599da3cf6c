// What a link uses of the Arduino core's Wi-Fi library: one TCP connection as lwIP and
// ClientContext of core 3.1.2 have it, on the clock of the simulated chip.
#pragma once

#include <memory>
#include <vector>

#include "tests/arduino/Arduino.h"

namespace signalbox::test {

// lwIP's sending side: a buffer of two segments of 536 bytes, and at most so many
// segments that wait for their acknowledgement. Each write makes one at least.
struct SimulatedTcp {
  static constexpr size_t kSendBytes = 1072;
  static constexpr size_t kSendSegments = 8;

  bool acknowledges = true;  // the peer, at once
  std::vector<uint8_t> sent;
  size_t unacknowledged = 0;
  size_t segments = 0;
  bool is_open = true;

  void acknowledge_all() { unacknowledged = segments = 0; }
  // As tcp_write: all or nothing.
  bool write(const uint8_t* data, size_t size) {
    if (size > kSendBytes - unacknowledged || segments >= kSendSegments) return false;
    sent.insert(sent.end(), data, data + size);
    unacknowledged += size;
    ++segments;
    if (acknowledges) acknowledge_all();
    return true;
  }
};

}  // namespace signalbox::test

struct IPAddress {
  uint32_t v4() const { return 1; }
};

class WiFiClient {
 public:
  WiFiClient() = default;
  explicit WiFiClient(std::shared_ptr<signalbox::test::SimulatedTcp> tcp) : tcp_(tcp) {}

  int available() { return 0; }
  int read(uint8_t*, size_t) { return 0; }
  uint8_t connected() { return tcp_ != nullptr && tcp_->is_open ? 1 : 0; }
  IPAddress remoteIP() { return {}; }
  void setNoDelay(bool) {}
  void setTimeout(unsigned long ms) { timeout_ms_ = ms; }
  int availableForWrite() {
    if (tcp_ == nullptr) return 0;
    return static_cast<int>(signalbox::test::SimulatedTcp::kSendBytes -
                            tcp_->unacknowledged);
  }
  // ClientContext::_write_from_source: tries until all is taken or the time is over.
  size_t write(const uint8_t* data, size_t size) {
    if (tcp_ == nullptr) return 0;
    const unsigned long since = millis();
    size_t written = 0;
    while (true) {
      const size_t room = static_cast<size_t>(availableForWrite());
      const size_t chunk = size - written < room ? size - written : room;
      if (chunk > 0 && tcp_->write(data + written, chunk)) written += chunk;
      if (written == size || millis() - since > timeout_ms_) return written;
      signalbox::test::chip().pass(100000);
    }
  }
  bool stop(unsigned int) {
    if (tcp_ != nullptr) tcp_->is_open = false;
    return true;
  }

 private:
  std::shared_ptr<signalbox::test::SimulatedTcp> tcp_;
  unsigned long timeout_ms_ = 5000;  // WiFiClient's own
};
