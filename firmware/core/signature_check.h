// ECDSA on P-256 with SHA-256 (FIPS 186-5 section 6.4.2), a few bits at a time: the whole
// takes an ESP8266 some hundred milliseconds, and a turn of its loop may take 50. Our own
// implementation, since BearSSL's is one call and needs more stack than the loop has. Not
// in constant time: a signature, a digest and a public key are not secret.
#pragma once

#include "core/field_p256.h"
#include "core/scalar_p256.h"
#include "core/update_signature.h"

namespace signalbox {

// A point of the curve as X:Y:Z with the coordinates X/Z and Y/Z; at infinity Z is 0.
struct PointP256 {
  FieldP256 x, y, z;

  // Of an uncompressed point; false where it is none of the curve.
  [[nodiscard]] bool load(const uint8_t bytes[UpdateKey::kBytes]);
  void set_generator();
  void set_infinity();

  // Valid for all points: equal, opposite, infinity. May overwrite its input.
  void add(const PointP256& a, const PointP256& b);
};

class SignatureCheck {
 public:
  enum class State : uint8_t { kRunning, kGood, kBad };

  // Bits of both factors in one step, each two additions at most.
  static constexpr unsigned kBitsInStep = 8;
  static constexpr unsigned kSteps = ScalarP256::kBits / kBitsInStep;

  // About as much work as a step. Forgets the check before.
  State start(const UpdateKey& key, const uint8_t digest[Sha256::kDigestBytes],
              const uint8_t signature[kUpdateSignatureBytes]);
  // After kSteps of them at most it is no longer running.
  State step();

 private:
  bool has_coordinate(const uint8_t x[FieldP256::kBytes]) const;

  State state_ = State::kBad;
  uint16_t bits_left_ = 0;
  // The signature is valid if r is the first coordinate of of_digest_ G + of_r_ Q.
  ScalarP256 r_, of_digest_, of_r_;
  // G, the key's Q, and G + Q.
  PointP256 generator_, key_, both_;
  PointP256 sum_;
};

}  // namespace signalbox
