#include "esp8266/update_flash.h"

#include <Arduino.h>
#include <eboot_command.h>
#include <string.h>

namespace signalbox::esp8266 {
namespace {

constexpr uint32_t kSectorBytes = 4096;
constexpr size_t kWords = 64;

uint32_t whole_sectors(uint32_t size) {
  return (size + kSectorBytes - 1) & ~(kSectorBytes - 1);
}

// The first bytes of an image: a magic number, how many segments, and how its flash is
// read and how large it is.
struct ImageHead {
  static constexpr uint8_t kMagic = 0xE9;
  uint8_t magic;
  uint8_t segments;
  uint8_t flash_mode;
  uint8_t flash_size;
};

bool read_head(uint32_t address, ImageHead& out) {
  uint32_t word = 0;
  if (!ESP.flashRead(address, &word, sizeof word)) return false;
  memcpy(&out, &word, sizeof out);
  return true;
}

}  // namespace

// As low an end as the Arduino core's own updates have: below what is kept for files.
UpdatePort::Begun UpdateFlash::begin(const UpdatePlan& plan, uint32_t& kept) {
  const uint32_t used = whole_sectors(ESP.getSketchSize());
  const uint32_t room = ESP.getFreeSketchSpace();
  const uint32_t wanted = whole_sectors(plan.size);
  if (wanted > room) return Begun::kNoRoom;
  address_ = used + room - wanted;
  size_ = plan.size;
  written_ = 0;
  erased_ = 0;
  kept = 0;
  return Begun::kReady;
}

// Which waits for the flash: some 50 ms, seldom 400.
bool UpdateFlash::erase_next() {
  if (!ESP.flashEraseSector((address_ + erased_) / kSectorBytes)) return false;
  erased_ += kSectorBytes;
  return true;
}

// Erases one sector ahead of the writes, so that a chunk finds its sector erased.
bool UpdateFlash::prepare() {
  const bool is_due = erased_ < size_ && erased_ - written_ < kSectorBytes;
  return !is_due || erase_next();
}

bool UpdateFlash::write(uint32_t offset, const uint8_t* data, size_t size) {
  const uint32_t end = offset + static_cast<uint32_t>(size);
  // Chunks that came faster than the turns between them.
  while (erased_ < end) {
    if (!erase_next()) return false;
  }
  if (!ESP.flashWrite(address_ + offset, data, size)) return false;
  written_ = end;
  return true;
}

// A chip that cannot read its code from the image would never start.
bool UpdateFlash::finish() {
  ImageHead running = {};
  ImageHead fresh = {};
  return read_head(0, running) && read_head(address_, fresh) &&
         fresh.magic == ImageHead::kMagic && fresh.flash_mode == running.flash_mode;
}

// In words, since the flash is read in words; the requested range need not be.
bool UpdateFlash::read(uint32_t offset, uint8_t* into, size_t size) {
  uint32_t words[kWords];
  while (size > 0) {
    const size_t now = size < sizeof words ? size : sizeof words;
    if (!ESP.flashRead(address_ + offset, words, (now + 3) / 4 * 4)) return false;
    memcpy(into, words, now);
    offset += static_cast<uint32_t>(now);
    into += now;
    size -= now;
  }
  return true;
}

// Both are in the memory of the real-time clock, which a restart leaves alone.
bool UpdateFlash::arm() {
  BootRecord record;
  record.unconfirmed = true;
  if (!boot_.store(record)) return false;
  eboot_command command = {};
  command.action = ACTION_COPY_RAW;
  command.args[0] = address_;
  command.args[1] = 0;
  command.args[2] = size_;
  eboot_command_write(&command);
  return true;
}

}  // namespace signalbox::esp8266
