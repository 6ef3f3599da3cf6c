#include "core/serial_packet.h"

#include <string.h>

#include "core/wipe.h"

namespace signalbox {
namespace {

constexpr size_t kNameBytes = 6;
constexpr char kNames[][kNameBytes + 1] = {"IMPROV", "SIGBOX"};  // by PacketFamily
constexpr uint8_t kVersion = 1;
constexpr size_t kHeadBytes = kNameBytes + 3;

uint8_t checksum(const uint8_t* bytes, size_t size) {
  uint8_t sum = 0;
  for (size_t i = 0; i < size; ++i) sum = static_cast<uint8_t>(sum + bytes[i]);
  return sum;
}

size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

}  // namespace

void SerialPacketDecoder::put(uint8_t byte, uint64_t now_ms) {
  drop(buffered_);
  if (used_ > 0 && now_ms - last_ms_ > kMaxGapMs) forget();
  last_ms_ = now_ms;
  // Full without a packet: next() was not called.
  if (used_ == sizeof bytes_) drop(1);
  bytes_[used_++] = byte;
}

bool SerialPacketDecoder::next(SerialPacket& packet) {
  drop(buffered_);
  while (used_ > 0) {
    switch (look()) {
      case Look::kWhole:
        buffered_ = kPacketOverhead + bytes_[8];
        packet = {bytes_[0] == 'I' ? PacketFamily::kImprov : PacketFamily::kSignalbox,
                  bytes_[7], bytes_ + kHeadBytes, bytes_[8]};
        return true;
      case Look::kPart:
        return false;
      case Look::kNone:
        drop(1);
        break;
    }
  }
  return false;
}

void SerialPacketDecoder::forget() {
  wipe(bytes_, sizeof bytes_);
  used_ = 0;
  buffered_ = 0;
}

SerialPacketDecoder::Look SerialPacketDecoder::look() const {
  const size_t seen = smaller(used_, kNameBytes);
  if (memcmp(bytes_, kNames[0], seen) != 0 && memcmp(bytes_, kNames[1], seen) != 0) {
    return Look::kNone;
  }
  if (used_ > kNameBytes && bytes_[kNameBytes] != kVersion) return Look::kNone;
  if (used_ < kHeadBytes) return Look::kPart;
  const size_t whole = kPacketOverhead + bytes_[8];
  if (used_ < whole) return Look::kPart;
  return checksum(bytes_, whole - 1) == bytes_[whole - 1] ? Look::kWhole : Look::kNone;
}

void SerialPacketDecoder::drop(size_t count) {
  memmove(bytes_, bytes_ + count, used_ - count);
  // The packet may have contained a key.
  wipe(bytes_ + used_ - count, count);
  used_ -= count;
  buffered_ = 0;
}

size_t encode_serial_packet(const SerialPacket& packet, uint8_t* into) {
  uint8_t* const start = into + 1;
  into[0] = '\n';
  memcpy(start, kNames[static_cast<size_t>(packet.family)], kNameBytes);
  start[6] = kVersion;
  start[7] = packet.type;
  start[8] = static_cast<uint8_t>(packet.size);
  if (packet.size > 0) memcpy(start + kHeadBytes, packet.data, packet.size);
  const size_t summed = kHeadBytes + packet.size;
  start[summed] = checksum(start, summed);
  start[summed + 1] = '\n';
  return summed + 3;
}

}  // namespace signalbox
