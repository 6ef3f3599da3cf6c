// What real devices did, as figures read from the logic analysers' recordings of the
// sigrok project (github.com/sigrokproject/sigrok-dumps at 0ad1347), to the microsecond.
#pragma once

#include <stdint.h>

namespace signalbox::test {

// am230x/: am2302/am2302_1mhz, am2302/tests/am2302_1mhz_3samples, am2303/am2303_1mhz and
// rht03/rht03_4mhz. These are what is sold as DHT22. Between two bytes they rest: the
// first bit of a byte takes up to 14 us longer than the data sheet has it.
struct RecordedDht22 {
  const char* device;
  uint32_t first_fall_us;     // from the release of the line
  uint16_t intervals_us[41];  // from falling edge to falling edge
  int32_t percent_e2;
  int32_t celsius_e4;
};
constexpr RecordedDht22 kRecordedDht22[] = {
    {"an AM2302",
     22,
     {160, 81,  80,  81,  80, 81,  80,  127, 80, 141, 127, 81,  127, 81,
      80,  80,  127, 94,  80, 81,  80,  81,  80, 81,  79,  141, 127, 128,
      80,  128, 127, 128, 79, 138, 127, 81,  80, 81,  80,  81,  126},
     7210,
     238000},
    {"an AM2302, called for 20 ms",
     44,
     {143, 80,  80, 80, 80, 80,  80,  80, 126, 141, 127, 80,  127, 128,
      127, 80,  79, 93, 80, 80,  80,  80, 80,  79,  79,  141, 127, 128,
      127, 127, 80, 80, 79, 138, 127, 80, 128, 80,  127, 80,  126},
     4760,
     248000},
    {"an AM2303",
     21,
     {160, 80,  80,  80, 80, 80, 81, 127, 79,  94, 80,  127, 80,  128,
      80,  127, 126, 94, 80, 80, 80, 81,  80,  80, 79,  141, 127, 127,
      81,  127, 80,  80, 79, 91, 81, 80,  127, 80, 127, 81,  126},
     5550,
     232000},
    {"an RHT03",
     22,
     {160, 80,  80,  80,  80, 80, 80,  80,  126, 140, 80, 80,  80,  127,
      80,  80,  126, 94,  80, 80, 80,  80,  80,  80,  79, 140, 127, 80,
      127, 127, 127, 127, 79, 91, 127, 127, 80,  127, 80, 80,  79},
     3930,
     222000},
};

// onewire/ds18b20/2xds18b20 and onewire/owfs/ds18b20: of all resets and of all slots in
// them. The devices of the first are two on one line.
struct RecordedDs18b20 {
  double presence_after_us;  // from the release of the reset
  double presence_us;
  double holds_zero_us;  // from the edge that begins a read slot
};
constexpr RecordedDs18b20 kRecordedDs18b20[] = {
    {27, 119, 26}, {28, 121, 30}, {28, 111, 27}, {28, 112, 28}};

// led/ws2812b_neopixel24/ws2812b_neopixel24_24mhz: pulses that 24 lights obeyed, the
// narrowest and the widest of half a million.
constexpr double kRecordedZeroHighNs[] = {292, 333};
constexpr double kRecordedOneHighNs[] = {792, 833};

}  // namespace signalbox::test
