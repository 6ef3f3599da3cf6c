#include "esp8266/flash_sectors.h"

#include <Arduino.h>
#include <flash_hal.h>

namespace signalbox::esp8266 {
namespace {

constexpr uint32_t kSectorBytes = 4096;

// False for a board whose layout has no room for a file system.
bool has_room() { return FS_PHYS_SIZE >= FlashPort::kPlaces * kSectorBytes; }

uint32_t address_of(size_t place) {
  return FS_PHYS_ADDR + static_cast<uint32_t>(place) * kSectorBytes;
}

}  // namespace

bool FlashSectors::read(size_t place, uint8_t* into, size_t size) {
  return has_room() && ESP.flashRead(address_of(place), into, size);
}

bool FlashSectors::erase(size_t place) {
  return has_room() && ESP.flashEraseSector(address_of(place) / kSectorBytes);
}

bool FlashSectors::write(size_t place, const uint8_t* data, size_t size) {
  return has_room() && size <= kSectorBytes &&
         ESP.flashWrite(address_of(place), data, size);
}

}  // namespace signalbox::esp8266
