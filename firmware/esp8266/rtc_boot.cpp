#include "esp8266/rtc_boot.h"

#include <Arduino.h>
#include <string.h>

#include "core/sha256.h"

namespace signalbox::esp8266 {
namespace {

// In words. The first 32 belong to the boot loader's commands.
constexpr uint32_t kPlace = 64;

struct Kept {
  uint32_t check;  // of all that follows
  uint8_t starts;
  uint8_t unconfirmed;
  char failed_version[sizeof(BootRecord::failed_version)];
  uint8_t crashes;
  uint8_t unused[2];
};
static_assert(sizeof(Kept) == 36, "whole words, without gaps");

uint32_t check_of(const Kept& kept) {
  const uint8_t* from = &kept.starts;
  Sha256 hash;
  hash.update(from, sizeof kept - sizeof kept.check);
  uint8_t digest[Sha256::kDigestBytes];
  hash.finish(digest);
  uint32_t check = 0;
  memcpy(&check, digest, sizeof check);
  return check;
}

}  // namespace

void RtcBoot::load(BootRecord& out) {
  out = BootRecord();
  uint32_t words[sizeof(Kept) / 4];
  Kept kept;
  if (!ESP.rtcUserMemoryRead(kPlace, words, sizeof words)) return;
  memcpy(&kept, words, sizeof kept);
  if (kept.check != check_of(kept)) return;
  out.starts = kept.starts;
  out.unconfirmed = kept.unconfirmed != 0;
  out.crashes = kept.crashes;
  memcpy(out.failed_version, kept.failed_version, sizeof out.failed_version);
  out.failed_version[sizeof out.failed_version - 1] = '\0';
}

bool RtcBoot::store(const BootRecord& record) {
  Kept kept = {};
  kept.starts = record.starts;
  kept.unconfirmed = record.unconfirmed ? 1 : 0;
  kept.crashes = record.crashes;
  memcpy(kept.failed_version, record.failed_version, sizeof kept.failed_version);
  kept.check = check_of(kept);
  uint32_t words[sizeof kept / 4];
  memcpy(words, &kept, sizeof kept);
  return ESP.rtcUserMemoryWrite(kPlace, words, sizeof words);
}

}  // namespace signalbox::esp8266
