// Port: the radio as a station. Nothing of it waits.
#pragma once

#include <stdint.h>

#include "core/settings.h"

namespace signalbox {

enum class WifiState : uint8_t {
  kNoNetwork,   // none was requested
  kConnecting,  // or trying again by itself
  kConnected,   // with an address
  kRefused,     // no such network, or another password
};

class WifiPort {
 public:
  // Leaves its network and begins to join the one in these settings, with these
  // addresses. An empty password: an open network; an empty name: none.
  virtual void join(const Settings& settings) = 0;
  // Of the network requested last.
  virtual WifiState state() = 0;
  // The unit's IPv4 address, all zeros without one.
  virtual void address(uint8_t (&into)[4]) = 0;

 protected:
  ~WifiPort() = default;
};

}  // namespace signalbox
