// A Link on a TCP connection of the Arduino core.
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
  uint32_t address_ = 0;
  WiFiClient client_;
  bool in_use_ = false;
};

}  // namespace signalbox::esp8266
