#include "core/settings.h"

#include <string.h>

#include "core/crc32.h"

namespace signalbox {
namespace {

constexpr uint8_t kMagic[4] = {'S', 'B', 'S', 1};  // the last is the version
constexpr size_t kHeadBytes = sizeof kMagic + 4 + 2;
constexpr size_t kCrcBytes = 4;

// A field is a tag, a length and that many bytes. Numbers are never used again.
enum Tag : uint8_t {
  kWifiName = 1,
  kWifiPassword = 2,
  kHostName = 3,
  kKey = 4,
  kUtcOffset = 5,
  kAddresses = 6,
  kMac = 7,
};

constexpr size_t kAddressesBytes = 3 * 4;
constexpr size_t kFieldsBytes = 7 * 2 + kMaxWifiNameBytes + kMaxWifiPasswordBytes +
                                kMaxHostNameBytes + kKeyBytes + 2 + kAddressesBytes +
                                kMacBytes;
static_assert(kHeadBytes + kFieldsBytes + kCrcBytes <= kSettingsRecordBytes &&
                  kSettingsRecordBytes % 4 == 0,
              "the longest settings fit");

void put_number(uint8_t* into, uint32_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) {
    into[i] = static_cast<uint8_t>(number >> 8 * (bytes - 1 - i));
  }
}

uint32_t number_at(const uint8_t* bytes, unsigned count) {
  uint32_t number = 0;
  for (unsigned i = 0; i < count; ++i) number = number << 8 | bytes[i];
  return number;
}

class Writer {
 public:
  explicit Writer(uint8_t* into) : at_(into) {}

  void field(Tag tag, const void* data, size_t size) {
    if (size == 0) return;
    *at_++ = tag;
    *at_++ = static_cast<uint8_t>(size);
    memcpy(at_, data, size);
    at_ += size;
  }
  void text(Tag tag, const char* text) { field(tag, text, strlen(text)); }
  const uint8_t* end() const { return at_; }

 private:
  uint8_t* at_;
};

// An unusable field is ignored: the key beside it still counts.
bool apply_addresses(const uint8_t* data, size_t size, NetworkAddresses& into) {
  if (size != kAddressesBytes) return false;
  NetworkAddresses read;
  read.ip = number_at(data, 4);
  read.netmask = number_at(data + 4, 4);
  read.gateway = number_at(data + 8, 4);
  if (is_usable(read)) into = read;
  return true;
}

bool read_mac(const uint8_t* data, size_t size, MacAddress& into) {
  if (size != kMacBytes) return false;
  MacAddress read;
  memcpy(read.bytes, data, kMacBytes);
  if (is_usable(read)) into = read;
  return true;
}

bool read_field(uint8_t tag, const uint8_t* data, size_t size, Settings& into) {
  switch (tag) {
    case kWifiName:
      return read_text(data, size, into.wifi_name);
    case kWifiPassword:
      return read_text(data, size, into.wifi_password);
    case kHostName:
      return is_host_label(data, size) && read_text(data, size, into.host_name);
    case kKey:
      if (size != kKeyBytes) return false;
      memcpy(into.key, data, kKeyBytes);
      into.has_key = true;
      return true;
    case kUtcOffset:
      if (size != 2) return false;
      into.utc_offset_minutes = static_cast<int16_t>(number_at(data, 2));
      return true;
    case kAddresses:
      return apply_addresses(data, size, into.network.addresses);
    case kMac:
      return read_mac(data, size, into.network.mac);
    default:
      return true;  // of a later firmware, which was rolled back
  }
}

}  // namespace

size_t encode_settings(const Settings& settings, uint32_t generation,
                       uint8_t (&into)[kSettingsRecordBytes]) {
  memset(into, 0xFF, sizeof into);
  Writer writer(into + kHeadBytes);
  writer.text(kWifiName, settings.wifi_name);
  writer.text(kWifiPassword, settings.wifi_password);
  writer.text(kHostName, settings.host_name);
  if (settings.has_key) writer.field(kKey, settings.key, kKeyBytes);
  uint8_t offset[2];
  put_number(offset, static_cast<uint16_t>(settings.utc_offset_minutes), 2);
  writer.field(kUtcOffset, offset, sizeof offset);
  const NetworkAddresses& addresses = settings.network.addresses;
  if (!addresses.is_dynamic()) {
    uint8_t bytes[kAddressesBytes];
    put_number(bytes, addresses.ip, 4);
    put_number(bytes + 4, addresses.netmask, 4);
    put_number(bytes + 8, addresses.gateway, 4);
    writer.field(kAddresses, bytes, sizeof bytes);
  }
  const MacAddress& mac = settings.network.mac;
  if (!mac.is_own()) writer.field(kMac, mac.bytes, sizeof mac.bytes);

  const size_t body_end = static_cast<size_t>(writer.end() - into);
  const size_t size = (body_end + kCrcBytes + 3) / 4 * 4;
  memcpy(into, kMagic, sizeof kMagic);
  put_number(into + 4, generation, 4);
  put_number(into + 8, static_cast<uint32_t>(body_end - kHeadBytes), 2);
  // The check is the last that is written: without it there is no record.
  put_number(into + size - kCrcBytes, crc32(into, size - kCrcBytes), 4);
  return size;
}

bool decode_settings(const uint8_t* bytes, size_t size, Settings& settings,
                     uint32_t& generation) {
  if (size < kHeadBytes || memcmp(bytes, kMagic, sizeof kMagic) != 0) return false;
  const size_t body_end = kHeadBytes + number_at(bytes + 8, 2);
  const size_t whole = (body_end + kCrcBytes + 3) / 4 * 4;
  if (whole > size) return false;
  if (crc32(bytes, whole - kCrcBytes) != number_at(bytes + whole - kCrcBytes, 4)) {
    return false;
  }
  Settings read;
  for (size_t at = kHeadBytes; at < body_end;) {
    if (body_end - at < 2) return false;
    const size_t length = bytes[at + 1];
    if (body_end - at - 2 < length) return false;
    if (!read_field(bytes[at], bytes + at + 2, length, read)) return false;
    at += 2 + length;
  }
  settings = read;
  generation = number_at(bytes + 4, 4);
  return true;
}

bool is_host_label(const uint8_t* text, size_t size) {
  if (size == 0 || size > kMaxHostNameBytes) return false;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t c = text[i];
    const bool is_inner = i > 0 && i + 1 < size;
    const bool is_alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_alphanumeric && !(c == '-' && is_inner)) return false;
  }
  return true;
}

}  // namespace signalbox
