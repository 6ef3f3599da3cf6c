// A lamp that takes updates, and what protocol/vectors/update.json offers it.
#pragma once

#include "tests/update_rig.h"
#include "tests/vectors.h"

namespace signalbox::test {

struct UpdateOffer {
  std::vector<uint8_t> manifest, signature;
  uint32_t key_id;
};

struct UpdateVectors {
  UpdateVectors() {
    std::ifstream file(std::string(SIGNALBOX_VECTORS) + "/update.json");
    REQUIRE(file.good());
    json = nlohmann::json::parse(file);
    for (size_t i = 0; i < UpdateTrust::kMostKeys; ++i) {
      const std::vector<uint8_t> point = from_hex(json["trusted"][i]);
      REQUIRE(point.size() == UpdateKey::kBytes);
      memcpy(trust.keys[i].point, point.data(), point.size());
      ++trust.count;
    }
    image = from_hex(json["image"]);
  }
  static UpdateOffer offer(const nlohmann::json& vector) {
    return {from_hex(vector["manifest"]), from_hex(vector["signature"]),
            vector["keyId"].get<uint32_t>()};
  }
  UpdateOffer good() const { return offer(json["begins"][0]); }

  nlohmann::json json;
  UpdateTrust trust;
  std::vector<uint8_t> image;
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

struct UpdateScene : UpdateRig {
  UpdateScene() : UpdateRig(UpdateVectors().trust) {}
  explicit UpdateScene(const UnitIdentity& who) : UpdateRig(UpdateVectors().trust, who) {}

  void send_image(uint32_t from = 0) {
    for (uint32_t at = from; at < vectors.image.size(); at += 896) {
      const size_t left = vectors.image.size() - at;
      const UpdateStatus status =
          ask(update_chunk(9, at, vectors.image.data() + at, left < 896 ? left : 896));
      REQUIRE(std::string(update_error_name(status.error)) == "none");
    }
  }
  const char* error_of(const Envelope& request) {
    return update_error_name(ask(request).error);
  }
  void download() {
    greet();
    REQUIRE(std::string(error_of(begin_with(2, vectors.good()))) == "none");
    send_image();
    settle();
    REQUIRE(receiver.state() == UpdateState::kVerified);
  }

  UpdateVectors vectors;
};

}  // namespace signalbox::test
