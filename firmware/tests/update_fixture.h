// A lamp that accepts updates, and what protocol/vectors/update.json offers it.
#pragma once

#include "tests/update_unit_fixture.h"
#include "tests/vectors.h"

namespace signalbox::test {

struct UpdateOffer {
  Bytes manifest, signature;
  uint32_t key_id;
};

struct UpdateVectors {
  UpdateVectors() {
    const std::vector<std::string> points = file.texts("trusted");
    REQUIRE(points.size() == UpdateTrust::kMaxKeys);
    for (const std::string& hex : points) {
      const Bytes point = from_hex(hex);
      REQUIRE(point.size() == UpdateKey::kBytes);
      memcpy(trust.keys[trust.count++].point, point.data(), point.size());
    }
  }
  static UpdateOffer offer(const Vector& vector) {
    return {vector.bytes("manifest"), vector.bytes("signature"), vector.number("keyId")};
  }
  UpdateOffer good() const { return offer(begins[0]); }

  Vector file = load_vectors("update.json");
  std::vector<Vector> begins = file.objects("begins");
  Bytes image = file.bytes("image");
  UpdateTrust trust;
};

inline Envelope begin_with(uint32_t id, const UpdateOffer& offer) {
  return update_begin(id, offer.manifest.data(), offer.manifest.size(),
                      offer.signature.data(), offer.key_id);
}

inline const char* update_error_name(int error) {
  static const char* const names[] = {
      "none",      "bad_manifest", "unknown_key", "bad_signature", "wrong_model",
      "not_newer", "min_version",  "no_room",     "not_encrypted", "out_of_order",
      "bad_hash",  "storage",      "unconfirmed", "no_memory",     "output_on"};
  return names[error];
}

struct UpdateFixture : UpdateUnitFixture {
  UpdateFixture() : UpdateUnitFixture(UpdateVectors().trust) {}
  explicit UpdateFixture(const UnitIdentity& who)
      : UpdateUnitFixture(UpdateVectors().trust, who) {}

  void send_image(uint32_t from = 0) {
    for (uint32_t at = from; at < vectors.image.size(); at += 896) {
      const size_t left = vectors.image.size() - at;
      const UpdateStatus status =
          call(update_chunk(9, at, vectors.image.data() + at, left < 896 ? left : 896));
      REQUIRE(std::string(update_error_name(status.error)) == "none");
    }
  }
  const char* error_of(const Envelope& request) {
    return update_error_name(call(request).error);
  }
  void download() {
    say_hello();
    REQUIRE(std::string(error_of(begin_with(2, vectors.good()))) == "none");
    send_image();
    settle();
    REQUIRE(receiver.state() == UpdateState::kVerified);
  }

  UpdateVectors vectors;
};

}  // namespace signalbox::test
