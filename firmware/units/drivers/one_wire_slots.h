// The time slots of the 1-Wire bus at standard speed. They are inlined where they are
// used, so that a chip whose flash is read through a cache can have them in its RAM: a
// miss within a slot costs up to 10 us, of which a read slot has 3 to spare.
//
// Times are those of Maxim's application note 126, but for the read slot: the note
// samples at 15 us, which is where the device's answer ends.
//
// A Line has drive_low(), release(), is_high(), wait_us(), and mask() and unmask(), which
// keep interrupts from coming in between.
#pragma once

#include <stdint.h>

namespace signalbox {

namespace one_wire {

constexpr uint32_t kWriteOneLowUs = 6;    // 1 to 15
constexpr uint32_t kWriteOneRestUs = 64;  // of the slot
constexpr uint32_t kWriteZeroLowUs = 60;  // 60 to 120
constexpr uint32_t kWriteZeroRestUs = 10;
constexpr uint32_t kReadLowUs = 3;     // at least 1
constexpr uint32_t kReadSampleUs = 9;  // from the release to the sample
constexpr uint32_t kReadRestUs = 58;
constexpr uint32_t kResetLowUs = 480;      // up to 960: an interrupt may come
constexpr uint32_t kResetPresenceUs = 70;  // from the release to the sample

}  // namespace one_wire

// True if a device answered with its presence.
template <typename Line>
[[gnu::always_inline]] inline bool one_wire_reset(Line& line) {
  line.drive_low();
  line.wait_us(one_wire::kResetLowUs);
  line.mask();
  line.release();
  line.wait_us(one_wire::kResetPresenceUs);
  const bool is_present = !line.is_high();
  line.unmask();
  return is_present;
}

template <typename Line>
[[gnu::always_inline]] inline void one_wire_write(Line& line, bool bit) {
  line.mask();
  line.drive_low();
  line.wait_us(bit ? one_wire::kWriteOneLowUs : one_wire::kWriteZeroLowUs);
  line.release();
  line.unmask();
  line.wait_us(bit ? one_wire::kWriteOneRestUs : one_wire::kWriteZeroRestUs);
}

template <typename Line>
[[gnu::always_inline]] inline bool one_wire_read(Line& line) {
  line.mask();
  line.drive_low();
  line.wait_us(one_wire::kReadLowUs);
  line.release();
  line.wait_us(one_wire::kReadSampleUs);
  const bool bit = line.is_high();
  line.unmask();
  line.wait_us(one_wire::kReadRestUs);
  return bit;
}

}  // namespace signalbox
