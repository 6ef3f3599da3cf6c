#include "esp8266/wifi_link.h"

namespace signalbox::esp8266 {

void WifiLink::open(const WiFiClient& client) {
  client_ = client;
  client_.setNoDelay(true);
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

size_t WifiLink::write(const uint8_t* data, size_t size) {
  // No more than the send buffer holds, for the rest would be waited for.
  const size_t room = static_cast<size_t>(client_.availableForWrite());
  const size_t take = size < room ? size : room;
  return take > 0 ? client_.write(data, take) : 0;
}

bool WifiLink::is_open() { return client_.connected() != 0; }

void WifiLink::close() {
  // What was taken still leaves; 1 ms is the shortest the core waits for it.
  client_.stop(1);
  in_use_ = false;
}

}  // namespace signalbox::esp8266
