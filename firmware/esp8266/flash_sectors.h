// The settings' two places: the first sectors of the flash that a board keeps for a file
// system, which this firmware has not. An update is staged below them.
#pragma once

#include "core/flash_port.h"

namespace signalbox::esp8266 {

class FlashSectors final : public FlashPort {
 public:
  bool read(size_t place, uint8_t* into, size_t size) override;
  bool erase(size_t place) override;
  bool write(size_t place, const uint8_t* data, size_t size) override;
};

}  // namespace signalbox::esp8266
