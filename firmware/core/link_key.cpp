#include "core/link_key.h"

#include "core/base64.h"

namespace signalbox {

bool parse_link_key(const char* text, size_t size, uint8_t (&key)[kKeyBytes]) {
  return parse_base64(text, size, key, kKeyBytes);
}

}  // namespace signalbox
