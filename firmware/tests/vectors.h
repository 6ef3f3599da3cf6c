// The byte-exact examples that the TypeScript tests run too (protocol/vectors).
#pragma once

#include <doctest/doctest.h>
#include <stdint.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace signalbox::test {

inline nlohmann::json load_vectors(const std::string& name, const char* section) {
  std::ifstream file(std::string(SIGNALBOX_VECTORS) + "/" + name);
  REQUIRE(file.good());
  return nlohmann::json::parse(file)[section];
}

inline std::vector<uint8_t> from_hex(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::string to_hex(const uint8_t* bytes, size_t size) {
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < size; ++i) {
    hex += digits[bytes[i] >> 4];
    hex += digits[bytes[i] & 15];
  }
  return hex;
}

}  // namespace signalbox::test
