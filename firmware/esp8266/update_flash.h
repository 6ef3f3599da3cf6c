// A new firmware in the free flash behind the running one. The boot loader of the Arduino
// core (eboot) copies it over that at the next restart.
#pragma once

#include "core/boot_port.h"
#include "core/update_port.h"

namespace signalbox::esp8266 {

class UpdateFlash final : public UpdatePort {
 public:
  // The record is updated when an image is armed.
  explicit UpdateFlash(BootPort& boot) : boot_(boot) {}

  const char* platform() const override { return "esp8266"; }
  Begun begin(const UpdatePlan& plan, uint32_t& kept) override;
  bool prepare() override;
  bool write(uint32_t offset, const uint8_t* data, size_t size) override;
  bool finish() override;
  bool read(uint32_t offset, uint8_t* into, size_t size) override;
  bool arm() override;
  void discard() override {}

 private:
  BootPort& boot_;
  bool erase_next();

  uint32_t address_ = 0;  // in the flash, at the start of a sector
  uint32_t written_ = 0;  // of the image
  uint32_t erased_ = 0;   // likewise, in whole sectors
  uint32_t size_ = 0;
};

}  // namespace signalbox::esp8266
