// A Link on a TCP connection of the Arduino core. It never waits for the peer: what the
// network stack does not accept stays in the session's buffer, which holds one frame of
// the maximum size. Meanwhile no further request is read; the buffer is dropped with the
// link of a peer that is silent for 60 s.
#pragma once

#include <ESP8266WiFi.h>

#include "core/link.h"

namespace signalbox::esp8266 {

class WifiLink final : public Link {
 public:
  bool is_free() const { return !in_use_; }
  void open(const WiFiClient& client);

  size_t read(uint8_t* into, size_t capacity) override;
  size_t write(const uint8_t* data, size_t size) override;
  uint32_t peer_address() const override { return address_; }
  bool is_open() override;
  void close() override;

 private:
  // Whether a write now would be refused, as the last one was.
  bool is_stalled(size_t room);

  uint32_t address_ = 0;
  bool was_refused_ = false;
  size_t refused_room_ = 0;
  uint32_t refused_ms_ = 0;
  WiFiClient client_;
  bool in_use_ = false;
};

}  // namespace signalbox::esp8266
