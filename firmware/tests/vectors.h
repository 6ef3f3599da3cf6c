// The byte-exact examples that the TypeScript tests run too (protocol/vectors).
#pragma once

#include <doctest/doctest.h>
#include <stdint.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace signalbox::test {

using Bytes = std::vector<uint8_t>;

// An object of a file of vectors, by the names of its members: a member that is not
// there, or is of another kind, fails the test. The parser stays in vectors.cpp, since
// compiling it takes longer than compiling a whole test.
class Vector {
 public:
  explicit Vector(std::shared_ptr<const nlohmann::json> value);

  // Whether there is such a member, and it is not null.
  bool has(const char* name) const;
  std::string text(const char* name) const;
  // A text in hex.
  Bytes bytes(const char* name) const;
  uint32_t number(const char* name) const;
  bool flag(const char* name) const;
  Vector object(const char* name) const;
  std::vector<Vector> objects(const char* name) const;
  std::vector<std::string> texts(const char* name) const;
  std::vector<uint32_t> numbers(const char* name) const;

 private:
  const nlohmann::json& member(const char* name) const;

  std::shared_ptr<const nlohmann::json> value_;
};

// A whole file.
Vector load_vectors(const std::string& file);

Bytes from_hex(const std::string& hex);
std::string to_hex(const uint8_t* bytes, size_t size);
inline std::string to_hex(const Bytes& bytes) {
  return to_hex(bytes.data(), bytes.size());
}

}  // namespace signalbox::test
