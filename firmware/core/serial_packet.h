// Packets on a serial line that carries other things as well: those of Improv Serial and
// our own, which have the same form (docs/provisioning.md section 2).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

enum class PacketFamily : uint8_t { kImprov, kSignalbox };

constexpr size_t kMaxPacketData = 255;
constexpr size_t kPacketOverhead = 10;  // name 6, version, type, length, checksum
// A packet is on its own line: some clients read by lines.
constexpr size_t kMaxWrittenPacket = kMaxPacketData + kPacketOverhead + 2;

struct SerialPacket {
  PacketFamily family;
  uint8_t type;
  const uint8_t* data;
  size_t size;
};

// Finds packets in a byte stream. Other bytes are dropped; a packet with a wrong checksum
// costs only itself.
class SerialPacketDecoder {
 public:
  // Bytes this far apart do not belong to one packet.
  static constexpr uint32_t kMaxGapMs = 1000;

  void put(uint8_t byte, uint64_t now_ms);
  // True when there is a whole packet; it stays until the next call of any function.
  [[nodiscard]] bool next(SerialPacket& packet);
  // Wipes what was received: it may have been a secret.
  void forget();

 private:
  enum class Look : uint8_t { kWhole, kPart, kNone };
  Look look() const;
  void drop(size_t count);

  uint8_t bytes_[kMaxPacketData + kPacketOverhead];
  size_t used_ = 0;
  size_t buffered_ = 0;  // of the packet that was handed out
  uint64_t last_ms_ = 0;
};

// Writes a packet on its own line; `into` has room for it. Returns the number of bytes.
size_t encode_serial_packet(const SerialPacket& packet, uint8_t* into);

}  // namespace signalbox
