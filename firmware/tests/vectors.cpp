#include "tests/vectors.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace signalbox::test {

using nlohmann::json;

Vector::Vector(std::shared_ptr<const json> value) : value_(std::move(value)) {}

bool Vector::has(const char* name) const {
  return value_->contains(name) && !member(name).is_null();
}

std::string Vector::text(const char* name) const {
  return member(name).get<std::string>();
}

Bytes Vector::bytes(const char* name) const { return from_hex(text(name)); }

uint32_t Vector::number(const char* name) const { return member(name).get<uint32_t>(); }

bool Vector::flag(const char* name) const { return member(name).get<bool>(); }

// What is inside keeps the whole file.
Vector Vector::object(const char* name) const { return Vector({value_, &member(name)}); }

std::vector<Vector> Vector::objects(const char* name) const {
  std::vector<Vector> all;
  for (const json& one : member(name)) all.push_back(Vector({value_, &one}));
  return all;
}

std::vector<std::string> Vector::texts(const char* name) const {
  return member(name).get<std::vector<std::string>>();
}

std::vector<uint32_t> Vector::numbers(const char* name) const {
  return member(name).get<std::vector<uint32_t>>();
}

const json& Vector::member(const char* name) const { return value_->at(name); }

Vector load_vectors(const std::string& file) {
  std::ifstream stream(std::string(SIGNALBOX_VECTORS) + "/" + file);
  REQUIRE(stream.good());
  return Vector(std::make_shared<const json>(json::parse(stream)));
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string to_hex(const uint8_t* bytes, size_t size) {
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < size; ++i) {
    hex += digits[bytes[i] >> 4];
    hex += digits[bytes[i] & 15];
  }
  return hex;
}

}  // namespace signalbox::test
