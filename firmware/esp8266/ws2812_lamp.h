// An RGB light of up to ten WS2812B on GPIO 2 (D4), all of one colour. UART1 makes the
// signal (units/drivers/ws2812.h) and its 128 bytes of buffer take it at once.
#pragma once

#include "units/drivers/ws2812.h"
#include "units/lamp.h"

namespace signalbox::esp8266 {

#if !defined(SIGNALBOX_WS2812_LIGHTS)
#define SIGNALBOX_WS2812_LIGHTS 1
#endif

class Ws2812Lamp final : public LampPort {
 public:
  static constexpr size_t kLights = SIGNALBOX_WS2812_LIGHTS;
  static constexpr size_t kSignalBytes = kLights * kWs2812BytesPerLight;
  static_assert(kLights >= 1 && kSignalBytes <= 128, "one to ten lights");
  // The lights latch a signal once the line was low for long enough after it; anything
  // sent sooner would be passed on to the lights behind them.
  static constexpr uint32_t kShortestPeriodUs =
      kSignalBytes * kWs2812ByteNs / 1000 + 1 + kWs2812ResetUs;

  // To be called once, at setup.
  void begin();

  // A fading lamp calls every 20 ms. A call that comes too soon after the last signal
  // waits for the lights, at most 0.6 ms.
  void show(const LampState& state) override;
  void settled(const LampState&) override {}
  bool keeps_state() const override { return false; }

 private:
  uint32_t shown_us_ = 0;
};

}  // namespace signalbox::esp8266
