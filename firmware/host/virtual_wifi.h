// A radio for a process: one access point in reach, or every network there is.
#pragma once

#include <string>

#include "core/wifi_port.h"

namespace signalbox::host {

class VirtualWifi final : public WifiPort {
 public:
  // `access_point` is "name:password"; empty: every network takes every password.
  VirtualWifi(std::string access_point, const std::string& bind_address);

  void join(const char* name, const char* password) override;
  WifiState state() override { return state_; }
  void address(uint8_t (&into)[4]) override;

 private:
  std::string access_point_;
  uint8_t address_[4] = {};
  WifiState state_ = WifiState::kNoNetwork;
};

}  // namespace signalbox::host
