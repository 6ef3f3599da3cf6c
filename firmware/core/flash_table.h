// Tables that stay in the flash. An ESP8266 copies constants to its RAM at the start, but
// for those in sections of this name (they are what PROGMEM is in its Arduino core), and
// reads flash in whole words only. C as well, for the generated messages.
#pragma once

#if defined(__XTENSA__)
#define SIGNALBOX_FLASH_TEXT_(number) #number
#define SIGNALBOX_FLASH_TEXT(number) SIGNALBOX_FLASH_TEXT_(number)
#define SIGNALBOX_FLASH                                                              \
  __attribute__((section(".irom.text.signalbox." SIGNALBOX_FLASH_TEXT(__COUNTER__)), \
                 used))
#else
#define SIGNALBOX_FLASH
#endif

// The words that nanopb describes fields by, which it reads as such.
#define PB_PROGMEM SIGNALBOX_FLASH
#define PB_PROGMEM_READU32(x) (x)

#if defined(__cplusplus)
#include <stddef.h>
#include <stdint.h>

namespace signalbox {

// A copy of what may be in the flash.
template <typename T>
T read_flash(const T& from) {
  static_assert(sizeof(T) % 4 == 0 && alignof(T) % 4 == 0, "whole words");
  static_assert(__is_trivially_copyable(T), "copied as words");
  using Word [[gnu::may_alias]] = uint32_t;
  T copy;
  // Volatile, so that the compiler does not read single bytes.
  const volatile Word* source = reinterpret_cast<const volatile Word*>(&from);
  Word* target = reinterpret_cast<Word*>(&copy);
  for (size_t i = 0; i < sizeof(T) / 4; ++i) target[i] = source[i];
  return copy;
}

// A short text within a table. One that is too long does not compile.
template <size_t kMax>
struct TableText {
  char text[kMax + 1] = {};

  constexpr TableText() = default;
  constexpr TableText(const char* from) {
    for (size_t i = 0; from[i] != '\0'; ++i) text[i] = from[i];
    if (text[kMax] != '\0') __builtin_trap();
  }
};

}  // namespace signalbox
#endif
