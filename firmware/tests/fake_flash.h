// Two places of flash in memory: erasing sets bits, writing clears them, and the power
// can go after any byte.
#pragma once

#include <string.h>

#include "core/flash_port.h"

namespace signalbox::test {

class FakeFlash final : public FlashPort {
 public:
  static constexpr size_t kPlaceBytes = 256;

  FakeFlash() { memset(bytes, 0xFF, sizeof bytes); }

  // The power goes when so many more bytes have been erased or written.
  void cut_after(size_t count) { left_ = count; }
  void restore_power() { left_ = SIZE_MAX; }
  bool is_cut() const { return left_ == 0; }

  bool read(size_t place, uint8_t* into, size_t size) override {
    if (broken) return false;
    memcpy(into, bytes[place], size);
    return true;
  }
  bool erase(size_t place) override {
    ++erasures;
    for (uint8_t& byte : bytes[place]) {
      if (!spend()) return false;
      byte = 0xFF;
    }
    return !broken;
  }
  bool write(size_t place, const uint8_t* data, size_t size) override {
    if (broken || size > kPlaceBytes || size % 4 != 0) return false;
    for (size_t i = 0; i < size; ++i) {
      if (!spend()) return false;
      bytes[place][i] &= data[i];
    }
    if (is_worn) bytes[place][0] &= 0xFE;
    return true;
  }

  uint8_t bytes[kPlaces][kPlaceBytes];
  int erasures = 0;
  bool broken = false;
  // A bit does not change when it is written, and no call fails.
  bool is_worn = false;

 private:
  bool spend() {
    if (left_ == 0) return false;
    if (left_ != SIZE_MAX) --left_;
    return true;
  }

  size_t left_ = SIZE_MAX;
};

}  // namespace signalbox::test
