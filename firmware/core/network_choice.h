// A unit's chosen network addresses, instead of those from DHCP and its radio's maker.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace signalbox {

// IPv4, the first number highest; all zeros: from DHCP. There is no DNS server, since a
// unit resolves no names.
struct NetworkAddresses {
  uint32_t ip = 0;
  uint32_t netmask = 0;
  uint32_t gateway = 0;

  bool is_dynamic() const { return ip == 0 && netmask == 0 && gateway == 0; }
  bool operator==(const NetworkAddresses& other) const {
    return ip == other.ip && netmask == other.netmask && gateway == other.gateway;
  }
};

constexpr size_t kMacBytes = 6;
constexpr size_t kMacTextBytes = 18;  // "02:00:00:12:34:56" and its zero

// All zeros: the radio's own.
struct MacAddress {
  uint8_t bytes[kMacBytes] = {};

  bool is_own() const { return *this == MacAddress(); }
  bool operator==(const MacAddress& other) const {
    return memcmp(bytes, other.bytes, sizeof bytes) == 0;
  }
};

struct NetworkChoice {
  NetworkAddresses addresses;
  MacAddress mac;

  // Nothing was chosen.
  bool is_default() const { return addresses.is_dynamic() && mac.is_own(); }
  bool operator==(const NetworkChoice& other) const {
    return addresses == other.addresses && mac == other.mac;
  }
};

// Dotted decimal, as 192.0.2.7. False, and nothing changed, when it is not.
[[nodiscard]] bool parse_ipv4(const char* text, uint32_t& out);

// Six pairs of hexadecimal digits, as 02:00:00:12:34:56. False, and nothing changed, when
// it is not.
[[nodiscard]] bool parse_mac(const char* text, MacAddress& out);

void format_mac(const uint8_t (&bytes)[kMacBytes], char (&into)[kMacTextBytes]);

// A host's address in a network of 8 to 30 bits with a gateway, or all zeros.
[[nodiscard]] bool is_usable(const NetworkAddresses& addresses);

// A locally administered unicast address (IEEE 802: the second-lowest bit of the first
// byte set, the lowest not). Or all zeros.
[[nodiscard]] bool is_usable(const MacAddress& mac);

}  // namespace signalbox
