#include "core/utf8.h"

#include <stdint.h>

namespace signalbox {

bool is_utf8(const char* text) {
  const uint8_t* at = reinterpret_cast<const uint8_t*>(text);
  while (*at != 0) {
    const uint8_t lead = *at++;
    if (lead < 0x80) continue;
    int more;
    uint32_t point;
    uint32_t least;
    if ((lead & 0xE0) == 0xC0) {
      more = 1, point = lead & 0x1Fu, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      more = 2, point = lead & 0x0Fu, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      more = 3, point = lead & 0x07u, least = 0x10000;
    } else {
      return false;
    }
    for (; more > 0; --more) {
      if ((*at & 0xC0) != 0x80) return false;  // also stops at the terminating zero
      point = point << 6 | (*at++ & 0x3Fu);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < least || point > 0x10FFFF || surrogate) return false;
  }
  return true;
}

}  // namespace signalbox
