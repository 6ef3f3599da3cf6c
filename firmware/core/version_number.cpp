#include "core/version_number.h"

namespace signalbox {

bool parse_version(const char* text, uint64_t& out) {
  uint64_t all = 0;
  for (int place = 0; place < 3; ++place) {
    const char* first = text;
    uint32_t number = 0;
    for (; *text >= '0' && *text <= '9'; ++text) {
      number = number * 10 + static_cast<uint32_t>(*text - '0');
      if (number > UINT16_MAX) return false;
    }
    if (text == first || (*first == '0' && text - first > 1)) return false;
    if (*text != (place < 2 ? '.' : '\0')) return false;
    ++text;
    all = all << 16 | number;
  }
  out = all;
  return true;
}

}  // namespace signalbox
