#include "core/key_proof.h"

#include <bearssl/bearssl_hmac.h>
#include <string.h>

#include "core/wipe.h"

namespace signalbox {
namespace {

constexpr char kPurpose[] = "signalbox-provisioned";

}  // namespace

void compute_key_proof(const uint8_t (&key)[kKeyBytes], const uint8_t* challenge,
                       const char* hardware_id, uint8_t (&proof)[kHashBytes]) {
  br_hmac_key_context keyed;
  br_hmac_context context;
  br_hmac_key_init(&keyed, &br_sha256_vtable, key, kKeyBytes);
  br_hmac_init(&context, &keyed, 0);
  br_hmac_update(&context, kPurpose, sizeof kPurpose - 1);
  br_hmac_update(&context, challenge, kChallengeBytes);
  br_hmac_update(&context, hardware_id, strlen(hardware_id));
  br_hmac_out(&context, proof);
  wipe(&keyed, sizeof keyed);
  wipe(&context, sizeof context);
}

}  // namespace signalbox
