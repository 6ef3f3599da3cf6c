#include "core/base64.h"

#include "core/wipe.h"

namespace signalbox {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// 0 to 63, or -1.
int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

bool decode(const char* text, size_t digits, uint8_t* out) {
  uint32_t bits = 0;
  unsigned count = 0;
  size_t filled = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int digit = digit_of(text[i]);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out[filled++] = static_cast<uint8_t>(bits >> count);
  }
  // The two bits beyond the last byte are zeros.
  return text[digits] == '=' && (bits & 3) == 0;
}

}  // namespace

bool parse_base64(const char* text, size_t chars, uint8_t* out, size_t size) {
  while (chars > 0 && is_space(text[0])) {
    ++text;
    --chars;
  }
  while (chars > 0 && is_space(text[chars - 1])) --chars;
  const size_t digits = (size * 8 + 5) / 6;
  if (chars == digits + 1 && decode(text, digits, out)) return true;
  wipe(out, size);
  return false;
}

}  // namespace signalbox
