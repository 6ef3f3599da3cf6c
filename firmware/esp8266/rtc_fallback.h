// A word to the next start in the memory of the real-time clock: leave out, for once,
// what was chosen for the network. It is lost with the power.
#pragma once

namespace signalbox::esp8266 {

void request_fallback();

// True when it was asked for, once.
[[nodiscard]] bool consume_fallback();

}  // namespace signalbox::esp8266
