// What a unit keeps over reboots and updates, and the bytes it is kept as
// (docs/provisioning.md section 5).
#pragma once

#include <string.h>

#include "core/network_choice.h"
#include "core/noise_crypto.h"
#include "core/wipe.h"

namespace signalbox {

constexpr size_t kMaxWifiNameBytes = 32;      // an SSID (IEEE 802.11)
constexpr size_t kMaxWifiPasswordBytes = 64;  // WPA2: a passphrase of 63, or 64 digits
constexpr size_t kMaxHostNameBytes = 32;

struct Settings {
  Settings() = default;
  Settings(const Settings&) = default;
  Settings& operator=(const Settings&) = default;
  ~Settings() { wipe(this, sizeof *this); }

  bool has_wifi() const { return wifi_name[0] != 0; }

  // Zero-terminated; empty: none.
  char wifi_name[kMaxWifiNameBytes + 1] = {};
  char wifi_password[kMaxWifiPasswordBytes + 1] = {};
  char host_name[kMaxHostNameBytes + 1] = {};
  bool has_key = false;
  uint8_t key[kKeyBytes] = {};
  int16_t utc_offset_minutes = 0;
  NetworkChoice network;  // of the Wi-Fi network above, and of no other
};

// A text into a field; false, and nothing changed, when it does not fit there with its
// zero, or holds one.
template <size_t N>
[[nodiscard]] bool read_text(const uint8_t* data, size_t size, char (&into)[N]) {
  if (size >= N || memchr(data, 0, size) != nullptr) return false;
  memcpy(into, data, size);
  into[size] = 0;
  return true;
}

// No firmware writes more, so that one that is rolled back to can read what a later one
// wrote.
constexpr size_t kSettingsRecordBytes = 256;

// Returns how many bytes of `into` are the record, a multiple of four.
size_t encode_settings(const Settings& settings, uint32_t generation,
                       uint8_t (&into)[kSettingsRecordBytes]);

// False, and nothing changed, when the bytes are no whole record.
[[nodiscard]] bool decode_settings(const uint8_t* bytes, size_t size, Settings& settings,
                                   uint32_t& generation);

// A label of RFC 1123: letters, digits and inner hyphens, 1 to 32 of them.
[[nodiscard]] bool is_host_label(const uint8_t* text, size_t size);

}  // namespace signalbox
