// The brightness of a lamp's channels at which it looks as its state says.
#pragma once

#include "units/lamp.h"

namespace signalbox {

// Of one channel (0 to 255) of the colour, from 0 to `full_scale` (at most 65535). The
// eye sees about the square root of the light: so equal steps look equal.
inline uint32_t light_level(uint32_t channel, const LampState& state,
                            uint32_t full_scale) {
  const uint32_t percent = state.on ? static_cast<uint32_t>(state.brightness) : 0;
  const uint32_t level = channel * percent / 100;
  return static_cast<uint32_t>(uint64_t{level * level} * full_scale / (255 * 255));
}

}  // namespace signalbox
