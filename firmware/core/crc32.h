// CRC-32 as in IEEE 802.3 and zlib: detects incomplete or corrupt records.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

inline uint32_t crc32(const uint8_t* data, size_t size) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
    }
  }
  return ~crc;
}

}  // namespace signalbox
