#include "esp8266/wifi_link.h"

#include <Arduino.h>

namespace signalbox::esp8266 {
namespace {

constexpr uint32_t kRetryMs = 20;

}  // namespace

void WifiLink::open(const WiFiClient& client) {
  client_ = client;
  client_.setNoDelay(true);
  client_.setTimeout(0);
  was_refused_ = false;
  address_ = client_.remoteIP().v4();
  in_use_ = true;
}

size_t WifiLink::read(uint8_t* into, size_t capacity) {
  const int waiting = client_.available();
  if (waiting <= 0) return 0;
  const size_t want = static_cast<size_t>(waiting);
  const int count = client_.read(into, want < capacity ? want : capacity);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

// The core reports the room in the send buffer. lwIP also bounds the number of
// unacknowledged segments, which it does not report: beyond that a write waits in the
// core until its timeout, which is therefore zero.
size_t WifiLink::write(const uint8_t* data, size_t size) {
  const int available = client_.availableForWrite();
  const size_t room = available > 0 ? static_cast<size_t>(available) : 0;
  if (room == 0 || is_stalled(room)) return 0;
  const size_t chunk = size < room ? size : room;
  const size_t accepted = client_.write(data, chunk);
  was_refused_ = accepted < chunk;
  if (was_refused_) {
    refused_room_ = static_cast<size_t>(client_.availableForWrite());
    refused_ms_ = static_cast<uint32_t>(millis());
  }
  return accepted;
}

// Until the peer has acknowledged something. It is also retried now and then, because the
// stack may have refused for lack of memory, with nothing left to be acknowledged.
bool WifiLink::is_stalled(size_t room) {
  if (!was_refused_ || room > refused_room_) return false;
  return static_cast<uint32_t>(millis()) - refused_ms_ < kRetryMs;
}

bool WifiLink::is_open() { return client_.connected() != 0; }

void WifiLink::close() {
  // Accepted bytes are still sent; 1 ms is the shortest time that the core waits for it.
  client_.stop(1);
  // Frees what the connection holds, including received bytes.
  client_ = WiFiClient();
  in_use_ = false;
}

}  // namespace signalbox::esp8266
