#include "core/serial_packet.h"

#include <doctest/doctest.h>
#include <string.h>

#include <string>

#include "core/key_proof.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

// "S01:0a0b S02:" and so on; each byte so many milliseconds after the one before.
std::string packets_in(const Bytes& bytes, uint64_t gap_ms = 0) {
  SerialPacketDecoder decoder;
  std::string found;
  uint64_t now_ms = 0;
  for (const uint8_t byte : bytes) {
    decoder.put(byte, now_ms += gap_ms);
    SerialPacket packet;
    while (decoder.next(packet)) {
      found += found.empty() ? "" : " ";
      found += packet.family == PacketFamily::kImprov ? "I" : "S";
      found += to_hex(&packet.type, 1) + ":" + to_hex(packet.data, packet.size);
    }
  }
  return found;
}

Bytes packet(PacketFamily family, uint8_t type, const Bytes& data) {
  uint8_t bytes[kMaxWrittenPacket];
  const size_t size =
      encode_serial_packet({family, type, data.data(), data.size()}, bytes);
  return Bytes(bytes, bytes + size);
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes text(const std::string& words) { return Bytes(words.begin(), words.end()); }

const Bytes kFirst = packet(PacketFamily::kImprov, 3, {2, 0});
const Bytes kSecond = packet(PacketFamily::kSignalbox, 1, {});

}  // namespace

TEST_CASE("packets are written and read as the vectors say") {
  const std::vector<Vector> vectors =
      load_vectors("provisioning.json").objects("packets");
  REQUIRE(vectors.size() >= 10);
  for (const Vector& vector : vectors) {
    CAPTURE(vector.text("name"));
    const PacketFamily family = vector.text("family") == "IMPROV"
                                    ? PacketFamily::kImprov
                                    : PacketFamily::kSignalbox;
    const uint8_t type = static_cast<uint8_t>(vector.number("type"));
    const Bytes data = vector.bytes("data");
    const Bytes written = packet(family, type, data);
    CHECK(to_hex(written) == vector.text("hex"));
    const std::string name = family == PacketFamily::kImprov ? "I" : "S";
    CHECK(packets_in(written) == name + to_hex(&type, 1) + ":" + vector.text("data"));
  }
}

TEST_CASE("the proof of a key is that of the vector") {
  const Vector vector = load_vectors("provisioning.json").object("proof");
  uint8_t key[kKeyBytes];
  memcpy(key, vector.bytes("key").data(), sizeof key);
  uint8_t proof[kHashBytes];
  compute_key_proof(key, vector.bytes("challenge").data(),
                    vector.text("hardwareId").c_str(), proof);
  CHECK(to_hex(proof, sizeof proof) == vector.text("proof"));
}

TEST_CASE("packets are found among what else is on the line") {
  CHECK(packets_in(joined({kFirst, kSecond})) == "I03:0200 S01:");
  CHECK(packets_in(joined({text("boot: rst cause:2\r\nlamp on\n"), kFirst, text("SI IM"),
                           kSecond, text("IMPROV")})) == "I03:0200 S01:");
  // A beginning that turns out to be none holds the beginning of another.
  CHECK(packets_in(joined({text("SI"), text("IMIMPRO"), kFirst})) == "I03:0200");
  CHECK(packets_in(joined({text("IMPROV"), kFirst})) == "I03:0200");
  CHECK(packets_in(joined({text("S"), Bytes(kFirst.begin() + 1, kFirst.end())})) ==
        "I03:0200");
}

TEST_CASE("a packet with a wrong byte is none, and the next one is found") {
  for (size_t at = 1; at + 1 < kFirst.size(); ++at) {
    Bytes wrong = kFirst;
    wrong[at] ^= 0x20;
    CAPTURE(at);
    // A longer length takes in what follows, until the sum shows it.
    Bytes padding(300, '.');
    CHECK(packets_in(joined({wrong, kSecond, padding})) == "S01:");
  }
}

TEST_CASE("the longest packet is read, and no byte is kept beyond it") {
  const Bytes longest(kMaxPacketData, 0xA5);
  const std::string hex = to_hex(longest.data(), longest.size());
  const Bytes written = packet(PacketFamily::kSignalbox, 2, longest);
  CHECK(packets_in(joined({written, written})) == "S02:" + hex + " S02:" + hex);
}

TEST_CASE("bytes that are too far apart are no packet") {
  CHECK(packets_in(kFirst, 1000) == "I03:0200");
  CHECK(packets_in(kFirst, 1001) == "");
}
