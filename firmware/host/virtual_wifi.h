// A radio for a process: one access point in reach, or every network there is.
#pragma once

#include <string>

#include "core/wifi_port.h"
#include "host/virtual_board.h"

namespace signalbox::host {

class VirtualWifi final : public WifiPort {
 public:
  // `access_point` is "name:password"; empty: every network accepts every password. The
  // network outlives the radio.
  VirtualWifi(std::string access_point, VirtualNetwork& network)
      : access_point_(std::move(access_point)), network_(network) {}

  void join(const Settings& settings) override;
  WifiState state() override { return state_; }
  void address(uint8_t (&into)[4]) override;

 private:
  std::string access_point_;
  VirtualNetwork& network_;
  WifiState state_ = WifiState::kNoNetwork;
};

}  // namespace signalbox::host
