#include "host/virtual_board.h"

#include <stdio.h>
#include <string.h>

#include "core/sha256.h"
#include "host/log.h"

namespace signalbox::host {
namespace {

std::string to_hex(const uint8_t* data, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += kDigits[data[i] >> 4];
    text += kDigits[data[i] & 0xF];
  }
  return text;
}

std::string to_dotted(uint32_t address) {
  char text[16];
  snprintf(text, sizeof text, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xFF,
           address >> 8 & 0xFF, address & 0xFF);
  return text;
}

std::string to_mac_text(const uint8_t (&bytes)[kMacBytes]) {
  char text[kMacTextBytes];
  format_mac(bytes, text);
  return text;
}

}  // namespace

VirtualNetwork::VirtualNetwork(const std::string& hardware_id,
                               const std::string& bind_address, uint32_t seed)
    : own_ip_(bind_address), ip_(bind_address), random_(seed) {
  Sha256 sha;
  sha.update(reinterpret_cast<const uint8_t*>(hardware_id.data()), hardware_id.size());
  uint8_t digest[Sha256::kDigestBytes];
  sha.finish(digest);
  uint8_t own_mac[kMacBytes] = {0x02};
  memcpy(own_mac + 1, digest, sizeof own_mac - 1);
  mac_ = own_mac_ = to_mac_text(own_mac);
  guess_network();
}

void VirtualNetwork::guess_network() {
  const bool loopback = ip_.rfind("127.", 0) == 0;
  netmask_ = loopback ? "255.0.0.0" : "255.255.255.0";
  gateway_ = loopback ? "127.0.0.1" : ip_.substr(0, ip_.rfind('.')) + ".1";
}

bool VirtualNetwork::use(const NetworkChoice& choice) {
  choice_ = choice;
  const NetworkAddresses& addresses = choice.addresses;
  if (addresses.is_dynamic()) {
    ip_ = own_ip_;
    guess_network();
  } else {
    ip_ = to_dotted(addresses.ip);
    netmask_ = to_dotted(addresses.netmask);
    gateway_ = to_dotted(addresses.gateway);
  }
  mac_ = choice.mac.is_own() ? own_mac_ : to_mac_text(choice.mac.bytes);
  log_line("network ip=%s mac=%s", ip_.c_str(), mac_.c_str());
  return true;
}

int32_t VirtualNetwork::rssi_dbm() {
  return -58 + static_cast<int32_t>(random_.next() * 4);
}

void VirtualPins::write_level(int32_t pin, int32_t level) {
  levels_ = (levels_ & ~(1 << pin)) | level << pin;
  log_line("pin %d level=%d", pin, level);
}

int32_t VirtualPins::read_analog() {
  return 512 + static_cast<int32_t>(random_.next() * 8);
}

UartPort::Opened LoopbackUart::open(const UartSettings& settings) {
  log_line("uart baud=%u bits=%u", settings.baud, settings.data_bits);
  return Opened::kOk;
}

size_t LoopbackUart::write(const uint8_t* data, size_t size) {
  const size_t room = sizeof bytes_ - used_;
  const size_t chunk = size < room ? size : room;
  memcpy(bytes_ + used_, data, chunk);
  used_ += chunk;
  log_line("uart data=%s", to_hex(data, chunk).c_str());
  return chunk;
}

size_t LoopbackUart::read(uint8_t* into, size_t capacity) {
  const size_t chunk = used_ < capacity ? used_ : capacity;
  memcpy(into, bytes_, chunk);
  used_ -= chunk;
  memmove(bytes_, bytes_ + chunk, used_);
  return chunk;
}

}  // namespace signalbox::host
