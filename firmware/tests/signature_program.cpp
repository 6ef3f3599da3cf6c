// Judges signatures as a unit does: from each line of a file, the key's point, the digest
// and the signature in hex, to a line with 1 or 0. scripts/make/signature-cases.mjs
// compares that with OpenSSL.
#include <stdio.h>

#include "core/signature_check.h"

namespace {

using namespace signalbox;

bool read_hex(FILE* from, uint8_t* into, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    unsigned byte = 0;
    if (fscanf(from, "%2x", &byte) != 1) return false;
    into[i] = static_cast<uint8_t>(byte);
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  FILE* const from = count == 2 ? fopen(arguments[1], "r") : nullptr;
  if (from == nullptr) return 2;
  UpdateKey key;
  uint8_t digest[Sha256::kDigestBytes];
  uint8_t signature[kUpdateSignatureBytes];
  while (read_hex(from, key.point, sizeof key.point) &&
         read_hex(from, digest, sizeof digest) &&
         read_hex(from, signature, sizeof signature)) {
    SignatureCheck check;
    auto state = check.start(key, digest, signature);
    while (state == SignatureCheck::State::kRunning) state = check.step();
    puts(state == SignatureCheck::State::kGood ? "1" : "0");
  }
  fclose(from);
  return 0;
}
