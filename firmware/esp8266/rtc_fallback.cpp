#include "esp8266/rtc_fallback.h"

#include <Arduino.h>

namespace signalbox::esp8266 {
namespace {

// In words; behind the boot record (rtc_boot.cpp).
constexpr uint32_t kPlace = 80;
constexpr uint32_t kRequested = 0x53424642;  // "SBFB"

}  // namespace

void request_fallback() {
  uint32_t word = kRequested;
  (void)ESP.rtcUserMemoryWrite(kPlace, &word, sizeof word);
}

bool consume_fallback() {
  uint32_t word = 0;
  if (!ESP.rtcUserMemoryRead(kPlace, &word, sizeof word) || word != kRequested)
    return false;
  word = 0;
  (void)ESP.rtcUserMemoryWrite(kPlace, &word, sizeof word);
  return true;
}

}  // namespace signalbox::esp8266
