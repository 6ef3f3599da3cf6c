// ECDSA on P-256: published signatures, those that are wrong or odd in one way, and many
// as BearSSL judges them. scripts/firmware-test.mjs compares further ones with OpenSSL.
#include "core/signature_check.h"

#include <bearssl/bearssl_ec.h>
#include <doctest/doctest.h>
#include <string.h>

#include <array>
#include <random>
#include <string>

#include "tests/signature_cases.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

UpdateKey key_of(const Bytes& coordinates) {
  UpdateKey key;
  key.point[0] = 4;
  REQUIRE(coordinates.size() == sizeof key.point - 1);
  memcpy(key.point + 1, coordinates.data(), coordinates.size());
  return key;
}

bool ours(const UpdateKey& key, const uint8_t* digest, const uint8_t* signature) {
  SignatureCheck check;
  SignatureCheck::State state = check.start(key, digest, signature);
  unsigned steps = 0;
  while (state == SignatureCheck::State::kRunning) {
    REQUIRE(++steps <= SignatureCheck::kSteps);
    state = check.step();
  }
  CHECK(check.step() == state);
  return state == SignatureCheck::State::kGood;
}

bool theirs(UpdateKey key, const uint8_t* digest, const uint8_t* signature) {
  const br_ec_public_key point = {BR_EC_secp256r1, key.point, sizeof key.point};
  return br_ecdsa_i15_vrfy_raw(&br_ec_p256_m15, digest, Sha256::kDigestBytes, &point,
                               signature, kUpdateSignatureBytes) == 1;
}

// A key and what it signs, by BearSSL.
class Signer {
 public:
  explicit Signer(std::mt19937& random) {
    for (uint8_t& byte : secret_) byte = static_cast<uint8_t>(random());
    secret_[0] = static_cast<uint8_t>(secret_[0] % 0x80);
    private_ = {BR_EC_secp256r1, secret_.data(), secret_.size()};
    br_ec_public_key point;
    REQUIRE(br_ec_compute_pub(&br_ec_p256_m15, &point, key.point, &private_) ==
            sizeof key.point);
  }
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  void sign(const uint8_t* digest, uint8_t* signature) const {
    REQUIRE(br_ecdsa_i15_sign_raw(&br_ec_p256_m15, &br_sha256_vtable, digest, &private_,
                                  signature) == kUpdateSignatureBytes);
  }

  UpdateKey key;

 private:
  std::array<uint8_t, 32> secret_;
  br_ec_private_key private_;
};

}  // namespace

TEST_CASE("a signature is good or not as the standard and BearSSL say") {
  for (const SignatureCase& one : kSignatureCases) {
    CAPTURE(std::string(one.name));
    const UpdateKey key = key_of(from_hex(one.key));
    const Bytes digest = from_hex(one.digest);
    const Bytes signature = from_hex(one.signature);
    REQUIRE(digest.size() == Sha256::kDigestBytes);
    REQUIRE(signature.size() == kUpdateSignatureBytes);
    CHECK(ours(key, digest.data(), signature.data()) == one.is_good);
    // BearSSL cannot add a point at infinity, which is what nothing times G is.
    const bool can_verify = std::string(one.name) != "a digest of zero" &&
                            std::string(one.name) != "a digest that is the order";
    CHECK(theirs(key, digest.data(), signature.data()) == (one.is_good && can_verify));
  }
}

TEST_CASE("a key that is no uncompressed point signs nothing") {
  UpdateKey key = key_of(from_hex(kSignatureCases[0].key));
  const Bytes digest = from_hex(kSignatureCases[0].digest);
  const Bytes signature = from_hex(kSignatureCases[0].signature);
  for (const uint8_t form : {uint8_t{0}, uint8_t{2}, uint8_t{3}, uint8_t{6}}) {
    key.point[0] = form;
    CHECK_FALSE(ours(key, digest.data(), signature.data()));
  }
}

TEST_CASE("random signatures are verified as by BearSSL, whole and with a bit changed") {
  std::mt19937 random(20260);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    Signer signer(random);
    uint8_t digest[Sha256::kDigestBytes];
    for (uint8_t& byte : digest) byte = static_cast<uint8_t>(random());
    uint8_t signature[kUpdateSignatureBytes];
    signer.sign(digest, signature);
    REQUIRE(ours(signer.key, digest, signature));
    REQUIRE(theirs(signer.key, digest, signature));
    const unsigned bit = static_cast<unsigned>(random());
    const uint8_t change = static_cast<uint8_t>(1u << bit % 8);
    uint8_t* const places[] = {digest + bit / 8 % sizeof digest,
                               signature + bit / 8 % sizeof signature,
                               signer.key.point + 1 + bit / 8 % 64};
    uint8_t& place = *places[round % 3];
    place = static_cast<uint8_t>(place ^ change);
    const bool is_good = theirs(signer.key, digest, signature);
    CHECK(ours(signer.key, digest, signature) == is_good);
    CHECK_FALSE(is_good);
  }
}

TEST_CASE("a restarted check discards the previous one") {
  const UpdateKey key = key_of(from_hex(kSignatureCases[0].key));
  const Bytes first = from_hex(kSignatureCases[0].digest),
              second = from_hex(kSignatureCases[1].digest);
  const Bytes of_first = from_hex(kSignatureCases[0].signature);
  const Bytes of_second = from_hex(kSignatureCases[1].signature);
  SignatureCheck check;
  CHECK(check.step() == SignatureCheck::State::kBad);
  REQUIRE(check.start(key, first.data(), of_first.data()) ==
          SignatureCheck::State::kRunning);
  for (int i = 0; i < 5; ++i) (void)check.step();
  SignatureCheck::State state = check.start(key, second.data(), of_second.data());
  while (state == SignatureCheck::State::kRunning) state = check.step();
  CHECK(state == SignatureCheck::State::kGood);
}
