#include "host/virtual_wifi.h"

#include <arpa/inet.h>
#include <string.h>

namespace signalbox::host {

VirtualWifi::VirtualWifi(std::string access_point, const std::string& bind_address)
    : access_point_(std::move(access_point)) {
  inet_pton(AF_INET, bind_address.c_str(), address_);
}

void VirtualWifi::join(const char* name, const char* password) {
  const bool is_in =
      access_point_.empty() || access_point_ == std::string(name) + ":" + password;
  state_ = name[0] == 0 ? WifiState::kNoNetwork
           : is_in      ? WifiState::kConnected
                        : WifiState::kRefused;
}

void VirtualWifi::address(uint8_t (&into)[4]) { memcpy(into, address_, sizeof into); }

}  // namespace signalbox::host
