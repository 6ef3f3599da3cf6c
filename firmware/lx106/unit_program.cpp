// The lamp as a program of the chip that a base talks to. Its connections come as records
// over a socket that QEMU was started with: type, link, size (16 bits, big-endian),
// bytes. The console would not do: QEMU takes 16 bytes at a time there, and cannot wait
// for them.
//
//   in:  B once and first: what it starts with (Boot)
//        O a peer has connected
//        D bytes of the peer
//        C the peer has gone
//   out: D bytes for the peer
//        C the link is closed, and free again
//        R the unit restarts, and the program ends: what the next start finds (Restart)
#include "core/firmware_version.h"
#include "core/sha256.h"
#include "lx106/simulator.h"
#include "tests/fake_board.h"
#include "tests/fake_update.h"
#include "units/lamp_unit.h"

namespace {

using namespace signalbox;

constexpr int kSocket = 3;
constexpr size_t kHeaderBytes = 4;
constexpr size_t kMaxRecordBytes = 1024;
constexpr size_t kLinks = 4;
// QEMU's lx106 counts 40 MHz of the host's time.
constexpr uint32_t kTicksPerMs = 40000;
// Often enough for a counter of 32 bits.
constexpr uint32_t kMaxWaitMs = 1000;

bool has_bytes(uint32_t within_ms) {
  constexpr int kReading = 1;
  const int32_t wait[] = {static_cast<int32_t>(within_ms / 1000),
                          static_cast<int32_t>(within_ms % 1000 * 1000)};
  return simulator_select(kSocket, kReading, wait) > 0;
}

void emit(char type, size_t link, const uint8_t* data, size_t size) {
  const uint8_t header[kHeaderBytes] = {
      static_cast<uint8_t>(type), static_cast<uint8_t>(link),
      static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
  (void)simulator_write(kSocket, header, sizeof header);
  if (size > 0) (void)simulator_write(kSocket, data, static_cast<int>(size));
}

class RecordLink final : public Link {
 public:
  void number(size_t number) { number_ = number; }

  void open() {
    is_open_ = is_held_ = true;
    begin_ = end_ = 0;
  }
  void lose_peer() { is_open_ = false; }
  bool has_room(size_t size) const { return !is_held_ || sizeof bytes_ - end_ >= size; }

  void feed(const uint8_t* data, size_t size) {
    if (!is_open_) return;
    memcpy(bytes_ + end_, data, size);
    end_ += size;
  }

  size_t read(uint8_t* into, size_t capacity) override {
    const size_t chunk = end_ - begin_ < capacity ? end_ - begin_ : capacity;
    memcpy(into, bytes_ + begin_, chunk);
    begin_ += chunk;
    if (begin_ == end_) begin_ = end_ = 0;
    return chunk;
  }
  size_t write(const uint8_t* data, size_t size) override {
    const size_t chunk = size < kMaxRecordBytes ? size : kMaxRecordBytes;
    if (is_open_) emit('D', number_, data, chunk);
    return chunk;
  }
  bool is_open() override { return is_open_ || begin_ < end_; }
  void close() override {
    is_open_ = is_held_ = false;
    emit('C', number_, nullptr, 0);
  }

 private:
  uint8_t bytes_[4 * kMaxRecordBytes];
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t number_ = 0;
  bool is_open_ = false;
  bool is_held_ = false;  // by the session
};

// Reads the socket record by record, and never waits.
class Records {
 public:
  // True when one is there, in the members below, until the next call.
  bool next() {
    if (is_whole_) has_ = 0;
    is_whole_ = false;
    while (has_ < wanted()) {
      if (!has_bytes(0)) return false;
      const int count =
          simulator_read(kSocket, bytes_ + has_, static_cast<int>(wanted() - has_));
      if (count <= 0) {
        has_ended_ = true;
        return false;
      }
      has_ += static_cast<size_t>(count);
    }
    is_whole_ = true;
    return true;
  }
  // Nobody is there any more.
  bool has_ended() const { return has_ended_; }
  char type() const { return static_cast<char>(bytes_[0]); }
  size_t link() const { return bytes_[1] % kLinks; }
  const uint8_t* data() const { return bytes_ + kHeaderBytes; }
  size_t size() const { return wanted() - kHeaderBytes; }

 private:
  size_t wanted() const {
    if (has_ < kHeaderBytes) return kHeaderBytes;
    const size_t size = static_cast<size_t>(bytes_[2]) << 8 | bytes_[3];
    return kHeaderBytes + (size < kMaxRecordBytes ? size : kMaxRecordBytes);
  }

  uint8_t bytes_[kHeaderBytes + kMaxRecordBytes];
  size_t has_ = 0;
  bool is_whole_ = false;
  bool has_ended_ = false;
};

constexpr size_t kVersionBytes = 16;

// What the unit is given at its start.
struct Boot {
  uint8_t key[kKeyBytes];
  uint8_t seed[32];
  uint8_t boot_id[4];
  uint8_t update_key[UpdateKey::kBytes];
  char version[kVersionBytes];  // of the firmware that was installed; empty: this one
  uint8_t unconfirmed;
};

struct Restart {
  char version[kVersionBytes];  // of the image to run; empty: the present one
  uint8_t unconfirmed;
};

// An image is some bytes that begin with its version: that is all that runs of it.
struct VersionSlot final : test::FakeUpdatePort {
  const char* platform() const override { return "lx106"; }
};
// Soon enough to be waited for.
constexpr BootRules kRules = {300};

// The machine has no source of randomness: that of the host, stretched.
struct SeededSecurity final : SecurityPort {
  explicit SeededSecurity(const uint8_t (&from)[32]) : seed(from) {}
  void fill_random(uint8_t* into, size_t size) override {
    while (size > 0) {
      uint8_t digest[Sha256::kDigestBytes];
      Sha256 hash;
      hash.update(seed, sizeof seed);
      hash.update(reinterpret_cast<const uint8_t*>(&counter), sizeof counter);
      hash.finish(digest);
      ++counter;
      const size_t chunk = size < sizeof digest ? size : sizeof digest;
      memcpy(into, digest, chunk);
      into += chunk;
      size -= chunk;
    }
  }
  void rest() override {}
  const uint8_t (&seed)[32];
  uint32_t counter = 0;
};

class Uptime {
 public:
  uint64_t now_ms() {
    uint32_t ticks;
    asm volatile("rsr.ccount %0" : "=a"(ticks));
    const uint32_t whole_ms = (ticks - last_) / kTicksPerMs;
    now_ms_ += whole_ms;
    last_ += whole_ms * kTicksPerMs;
    return now_ms_;
  }

 private:
  uint64_t now_ms_ = 0;
  uint32_t last_ = 0;
};

Records records;
RecordLink links[kLinks];
Boot boot;
test::FakeBoard board;
test::FakeLamp lamp_port;

[[nodiscard]] bool wait_for_boot() {
  while (!records.next()) {
    if (records.has_ended()) return false;
    (void)has_bytes(kMaxWaitMs);
  }
  if (records.type() != 'B' || records.size() != sizeof boot) return false;
  memcpy(&boot, records.data(), sizeof boot);
  return true;
}

void receive_record(Unit& unit, uint64_t now_ms) {
  RecordLink& link = links[records.link()];
  switch (records.type()) {
    case 'O':
      link.open();
      unit.accept(link, now_ms);
      return;
    case 'D':
      link.feed(records.data(), records.size());
      return;
    case 'C':
      link.lose_peer();
      return;
    default:
      return;
  }
}

bool all_have_room() {
  for (const RecordLink& link : links) {
    if (!link.has_room(kMaxRecordBytes)) return false;
  }
  return true;
}

}  // namespace

int main_program() {
  if (!wait_for_boot()) return 1;
  for (size_t i = 0; i < kLinks; ++i) links[i].number(i);
  const uint32_t boot_id = static_cast<uint32_t>(boot.boot_id[0]) << 24 |
                           boot.boot_id[1] << 16 | boot.boot_id[2] << 8 | boot.boot_id[3];
  const char* const version = boot.version[0] == 0 ? kFirmwareVersion : boot.version;
  static const UnitIdentity identity = {
      "lx106-lamp", LampUnit::kModel,      version,
      boot_id,      ResetReason::kPowerOn, LampUnit::kPolicy};
  static SeededSecurity security(boot.seed);
  static LampUnit lamp(identity, board.ports, lamp_port, LampState{},
                       LinkProtection::encrypted(boot.key, security));
  static UpdateTrust trust;
  memcpy(trust.keys[trust.count++].point, boot.update_key, sizeof boot.update_key);
  static VersionSlot slot;
  static test::FakeBoot outlasting;
  outlasting.record.unconfirmed = boot.unconfirmed != 0;
  static BootGuard guard(outlasting, identity.firmware_version, kRules);
  if (guard.start() != BootGuard::Start::kNormal) return 1;
  static UpdateReceiver updates(identity, trust, slot, guard);
  lamp.unit.enable_updates(updates);
  Uptime uptime;
  while (!lamp.unit.ready_to_restart()) {
    while (all_have_room() && records.next()) receive_record(lamp.unit, uptime.now_ms());
    if (records.has_ended()) return 1;
    const uint32_t rest_ms = lamp.unit.poll(uptime.now_ms());
    (void)has_bytes(rest_ms < kMaxWaitMs ? rest_ms : kMaxWaitMs);
  }
  Restart next = {};
  next.unconfirmed = slot.armed || outlasting.record.unconfirmed ? 1 : 0;
  if (slot.armed) memcpy(next.version, slot.bytes, sizeof next.version - 1);
  emit('R', 0, reinterpret_cast<const uint8_t*>(&next), sizeof next);
  return 0;
}
