// Where those came from who held the unit's free place without getting to their hello.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace signalbox {

// Remembers the last few; the oldest makes room. Address 0 (unknown) is never stored.
class UnauthenticatedPeers {
 public:
  static constexpr size_t kPeers = 16;

  bool has(uint32_t address) const { return find(address) != kPeers; }

  void add(uint32_t address) {
    if (address == 0 || has(address)) return;
    addresses_[next_] = address;
    next_ = (next_ + 1) % kPeers;
  }

  void remove(uint32_t address) {
    const size_t place = find(address);
    if (place != kPeers) addresses_[place] = 0;
  }

 private:
  size_t find(uint32_t address) const {
    size_t place = 0;
    while (place < kPeers && (address == 0 || addresses_[place] != address)) ++place;
    return place;
  }

  uint32_t addresses_[kPeers] = {};
  size_t next_ = 0;
};

}  // namespace signalbox
