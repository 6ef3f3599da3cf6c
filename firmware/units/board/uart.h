// The serial port: bytes out as an action, bytes in as an event.
#pragma once

#include "core/capability.h"
#include "core/serial_port.h"

namespace signalbox {

class UartPort : public SerialPort {
 public:
  // True when everything taken has left the chip.
  virtual bool is_flushed() = 0;
  // Milliseconds after which to look for received bytes again; 0 while some wait, kIdle
  // when none can come before something else happens.
  virtual uint32_t next_look_ms() = 0;

 protected:
  ~UartPort() = default;
};

class Uart final : public Capability {
 public:
  static constexpr uint8_t kUartWrite = 43;
  static constexpr uint8_t kUartData = 44;

  explicit Uart(UartPort& port) : port_(port) {}

  AffordanceSpecs affordances() const override;
  Status invoke(const InvokeCall& call, Value* outputs) override;
  uint32_t poll(uint64_t now_ms) override;

 private:
  UartPort& port_;
  Value received_ = {};
};

}  // namespace signalbox
