#include "core/network_choice.h"

namespace signalbox {
namespace {

constexpr uint8_t kManyStations = 0x01;
constexpr uint8_t kLocallyAdministered = 0x02;

// -1: no digit.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

bool parse_ipv4(const char* text, uint32_t& out) {
  uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    uint32_t number = 0;
    int digits = 0;
    while (*text >= '0' && *text <= '9') {
      number = number * 10 + static_cast<uint32_t>(*text++ - '0');
      if (++digits > 3) return false;
    }
    if (digits == 0 || number > 255) return false;
    address = address << 8 | number;
    if (part < 3 && *text++ != '.') return false;
  }
  if (*text != '\0') return false;
  out = address;
  return true;
}

bool parse_mac(const char* text, MacAddress& out) {
  MacAddress read;
  for (size_t i = 0; i < kMacBytes; ++i) {
    if (i > 0 && *text++ != ':') return false;
    const int high = hex_digit(*text);
    if (high < 0) return false;
    const int low = hex_digit(text[1]);
    if (low < 0) return false;
    read.bytes[i] = static_cast<uint8_t>(high << 4 | low);
    text += 2;
  }
  if (*text != '\0') return false;
  out = read;
  return true;
}

void format_mac(const uint8_t (&bytes)[kMacBytes], char (&into)[kMacTextBytes]) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  char* at = into;
  for (const uint8_t byte : bytes) {
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 0x0F];
    *at++ = ':';
  }
  at[-1] = '\0';
}

bool is_usable(const NetworkAddresses& addresses) {
  if (addresses.is_dynamic()) return true;
  const uint32_t mask = addresses.netmask;
  const uint32_t ip = addresses.ip;
  // Ones, then zeros, and room for more than the network and broadcast addresses. The
  // Arduino core mistakes a netmask that does not begin with 255 for a gateway.
  const uint32_t host_bits = ~mask;
  if ((host_bits & (host_bits + 1)) != 0 || host_bits < 3) return false;
  if (mask >> 24 != 255) return false;
  const auto is_host = [&](uint32_t address) {
    return (address & mask) == (ip & mask) && (address & host_bits) != 0 &&
           (address & host_bits) != host_bits;
  };
  // Not "this network", multicast or reserved.
  const uint32_t first = ip >> 24;
  return first != 0 && first < 224 && is_host(ip) && is_host(addresses.gateway);
}

bool is_usable(const MacAddress& mac) {
  if (mac.is_own()) return true;
  return (mac.bytes[0] & (kManyStations | kLocallyAdministered)) == kLocallyAdministered;
}

}  // namespace signalbox
