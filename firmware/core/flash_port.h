// Port: two places of the flash, each of which is erased as a whole.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

class FlashPort {
 public:
  static constexpr size_t kPlaces = 2;

  // The first bytes of a place; memory and size are multiples of four. False if the flash
  // cannot be read.
  [[nodiscard]] virtual bool read(size_t place, uint8_t* into, size_t size) = 0;

  // Every byte of the place becomes FF.
  [[nodiscard]] virtual bool erase(size_t place) = 0;

  // Writes from the start of an erased place, its last byte last. Memory and size are
  // multiples of four.
  [[nodiscard]] virtual bool write(size_t place, const uint8_t* data, size_t size) = 0;

 protected:
  ~FlashPort() = default;
};

}  // namespace signalbox
