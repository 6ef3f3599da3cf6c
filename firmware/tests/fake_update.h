// A slot for a firmware image, and what outlives a restart, as plain variables. The test
// says when they fail.
#pragma once

#include <string.h>

#include "core/boot_guard.h"
#include "core/update_receiver.h"

namespace signalbox::test {

class FakeUpdatePort : public UpdatePort {
 public:
  static constexpr size_t kCapacity = 4096;

  const char* platform() const override { return "test"; }
  Begun begin(const UpdatePlan& plan, uint32_t& kept) override {
    ++begun;
    if (fails_to_begin) return Begun::kFailed;
    if (plan.size > room) return Begun::kNoRoom;
    kept = kept_bytes;
    return Begun::kReady;
  }
  bool prepare() override {
    ++preparations;
    return !fails_to_prepare;
  }
  bool write(uint32_t offset, const uint8_t* data, size_t size) override {
    if (fails_to_write) return false;
    memcpy(bytes + offset, data, size);
    ++writes;
    return true;
  }
  bool finish() override { return !fails_to_finish; }
  bool read(uint32_t offset, uint8_t* into, size_t size) override {
    if (fails_to_read) return false;
    memcpy(into, bytes + offset, size);
    ++reads;
    return true;
  }
  bool arm() override {
    armed = !fails_to_arm;
    return armed;
  }
  void discard() override { ++discards; }

  uint8_t bytes[kCapacity] = {};
  uint32_t room = kCapacity;
  uint32_t kept_bytes = 0;
  int begun = 0;
  int preparations = 0;
  int writes = 0;
  int reads = 0;
  int discards = 0;
  bool armed = false;
  bool fails_to_begin = false;
  bool fails_to_prepare = false;
  bool fails_to_write = false;
  bool fails_to_finish = false;
  bool fails_to_read = false;
  bool fails_to_arm = false;
};

struct FakeBoot final : BootPort {
  explicit FakeBoot(const BootRecord& initial = {}) : record(initial) {}

  void load(BootRecord& out) override { out = record; }
  bool store(const BootRecord& given) override {
    ++stores;
    record = given;
    return true;
  }
  bool can_roll_back() override { return has_previous; }
  bool roll_back(const BootRecord& given) override {
    if (fails_to_roll_back) return false;
    record = given;
    has_previous = false;
    rolled_back = true;
    return true;
  }

  BootRecord record;
  bool has_previous = false;
  bool rolled_back = false;
  bool fails_to_roll_back = false;
  int stores = 0;
};

}  // namespace signalbox::test
