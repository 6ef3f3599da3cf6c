#include "core/update_signature.h"

#include <string.h>

#include "core/base64.h"

namespace signalbox {

uint32_t UpdateKey::id() const {
  Sha256 hash;
  hash.update(point, sizeof point);
  uint8_t digest[Sha256::kDigestBytes];
  hash.finish(digest);
  uint32_t id = 0;
  for (int i = 0; i < 4; ++i) id = id << 8 | digest[i];
  return id;
}

bool parse_update_key(const char* text, UpdateKey& out) {
  constexpr uint8_t kUncompressed = 4;
  return parse_base64(text, strlen(text), out.point, sizeof out.point) &&
         out.point[0] == kUncompressed;
}

const UpdateKey* UpdateTrust::find(uint32_t id) const {
  for (size_t i = 0; i < count; ++i) {
    if (keys[i].id() == id) return &keys[i];
  }
  return nullptr;
}

}  // namespace signalbox
