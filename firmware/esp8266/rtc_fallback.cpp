#include "esp8266/rtc_fallback.h"

#include <Arduino.h>

namespace signalbox::esp8266 {
namespace {

// In words; behind the boot record (rtc_boot.cpp).
constexpr uint32_t kPlace = 80;
constexpr uint32_t kAsked = 0x53424642;  // "SBFB"

}  // namespace

void ask_for_fallback() {
  uint32_t word = kAsked;
  (void)ESP.rtcUserMemoryWrite(kPlace, &word, sizeof word);
}

bool take_fallback() {
  uint32_t word = 0;
  if (!ESP.rtcUserMemoryRead(kPlace, &word, sizeof word) || word != kAsked) return false;
  word = 0;
  (void)ESP.rtcUserMemoryWrite(kPlace, &word, sizeof word);
  return true;
}

}  // namespace signalbox::esp8266
