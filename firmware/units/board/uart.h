// The serial port: bytes out as an action, bytes in as an event.
#pragma once

#include "core/capability.h"
#include "core/serial_port.h"

namespace signalbox {

enum class UartParity : uint8_t { kNone, kEven, kOdd };

struct UartSettings {
  uint32_t baud = 115200;
  uint8_t data_bits = 8;  // 5 to 8
  UartParity parity = UartParity::kNone;
  uint8_t stop_bits = 1;  // 1 or 2
};

// What is known about the accepted bytes.
enum class UartFlush : uint8_t {
  kPending,    // some wait in the buffer
  kAssumed,    // none waits; the port does not know yet whether the last one was sent
  kConfirmed,  // the last one was sent
};

class UartPort : public SerialPort {
 public:
  enum class [[nodiscard]] Opened : uint8_t{
      kOk,
      kNotNow,      // another user has the line
      kImpossible,  // the port does not support these settings
  };

  // In force from the next byte until the next boot. Called once everything was sent.
  virtual Opened open(const UartSettings& settings) = 0;
  virtual UartFlush flush() = 0;
  // How many bytes a write would accept now.
  virtual size_t room() = 0;
  // The line has other users: the boot loader, and provisioning.
  virtual bool is_shared() = 0;
  // Milliseconds after which to check for received bytes again; 0 while some wait, kIdle
  // if none can arrive before something else happens.
  virtual uint32_t next_look_ms() = 0;

 protected:
  ~UartPort() = default;
};

class Uart final : public Capability {
 public:
  static constexpr uint8_t kUartWrite = 43;
  static constexpr uint8_t kUartData = 44;
  static constexpr uint8_t kUartOpen = 54;
  static constexpr uint8_t kUartFlush = 55;
  static constexpr uint8_t kUartSettings = 56;
  static constexpr uint8_t kUartShared = 57;

  explicit Uart(UartPort& port) : port_(port) {}

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  Status invoke(const InvokeCall& call, Value* outputs) override;
  uint32_t poll(uint64_t now_ms) override;

 private:
  Status open(const InvokeCall& call, Value* outputs);

  UartPort& port_;
  UartSettings settings_;
  Value received_ = {};
};

// Data bits, parity and stop bits as "8N1". False, and nothing changed, if it is invalid.
[[nodiscard]] bool parse_uart_frame(const char* text, UartSettings& into);

}  // namespace signalbox
