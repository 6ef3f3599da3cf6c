#include "core/link_key.h"

#include "core/wipe.h"

namespace signalbox {
namespace {

constexpr size_t kKeyChars = 44;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// 0 to 63, or -1.
int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

bool decode(const char* text, uint8_t (&key)[kKeyBytes]) {
  uint32_t bits = 0;
  unsigned count = 0;
  size_t filled = 0;
  for (size_t i = 0; i < kKeyChars - 1; ++i) {
    const int digit = digit_of(text[i]);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    key[filled++] = static_cast<uint8_t>(bits >> count);
  }
  // 43 digits are 258 bits; the two beyond the key are zeros.
  return text[kKeyChars - 1] == '=' && (bits & 3) == 0;
}

}  // namespace

bool parse_link_key(const char* text, size_t size, uint8_t (&key)[kKeyBytes]) {
  while (size > 0 && is_space(text[0])) {
    ++text;
    --size;
  }
  while (size > 0 && is_space(text[size - 1])) --size;
  if (size == kKeyChars && decode(text, key)) return true;
  wipe(key, sizeof key);
  return false;
}

}  // namespace signalbox
