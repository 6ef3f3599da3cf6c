#include "host/virtual_wifi.h"

#include <arpa/inet.h>

namespace signalbox::host {

void VirtualWifi::join(const Settings& settings) {
  const std::string wanted =
      std::string(settings.wifi_name) + ":" + settings.wifi_password;
  const bool is_in = access_point_.empty() || access_point_ == wanted;
  state_ = !settings.has_wifi() ? WifiState::kNoNetwork
           : is_in              ? WifiState::kConnected
                                : WifiState::kRefused;
  const bool is_news = !(settings.network == network_.in_use());
  if (state_ == WifiState::kConnected && is_news) (void)network_.use(settings.network);
}

void VirtualWifi::address(uint8_t (&into)[4]) { inet_pton(AF_INET, network_.ip(), into); }

}  // namespace signalbox::host
