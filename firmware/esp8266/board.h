// The board services' ports on a NodeMCU or a D1 mini.
#pragma once

#include "core/security_port.h"
#include "esp8266/radio.h"
#include "units/board/board_services.h"

namespace signalbox::esp8266 {

class WifiNetwork final : public NetworkPort {
 public:
  // The radio outlives it.
  explicit WifiNetwork(Radio& radio) : radio_(radio) {}

  bool use(const NetworkChoice& choice) override { return radio_.use(choice); }
  const NetworkChoice& in_use() override { return radio_.in_use(); }
  const char* mac() override;
  const char* ip() override;
  const char* netmask() override;
  const char* gateway() override;
  int32_t rssi_dbm() override;

 private:
  Radio& radio_;
  char text_[kMacTextBytes] = {};
};

class ChipMemory final : public MemoryPort {
 public:
  uint32_t free_heap_bytes() override;
};

class ChipPins final : public PinPort {
 public:
  int32_t read_level(int32_t pin) override;
  void write_level(int32_t pin, int32_t level) override;
  int32_t read_analog() override;
};

// UART0, which is the USB port of both boards. Two share it: the UART service, and
// provisioning while someone at the board may use it.
class ChipUart final : public UartPort {
 public:
  static constexpr unsigned long kBaud = 115200;

  // The line as such.
  SerialPort& line() { return line_; }
  // While it is lent, the service receives nothing.
  void lend(bool is_lent) { is_lent_ = is_lent; }

  // For callers that wait for the line itself: the last byte has left the buffer.
  bool is_flushed();

  size_t write(const uint8_t* data, size_t size) override;
  Opened open(const UartSettings& settings) override;
  UartFlush flush() override;
  size_t room() override;
  bool is_shared() override { return true; }
  size_t read(uint8_t* into, size_t capacity) override;
  uint32_t next_look_ms() override;

 private:
  class Line final : public SerialPort {
   public:
    size_t write(const uint8_t* data, size_t size) override;
    size_t read(uint8_t* into, size_t capacity) override;
  };

  void look();

  Line line_;
  bool is_lent_ = true;
  uint32_t character_us_ = 105;  // that one takes on the line; at kBaud
  bool seen_empty_ = true;       // the buffer, since the last write
  uint64_t empty_since_us_ = 0;  // the first look that found it so
};

class ChipSecurity final : public SecurityPort {
 public:
  // The hardware's generator, which is fed by the radio; so only with Wi-Fi on.
  void fill_random(uint8_t* into, size_t size) override;
  // At 160 MHz, with the system's turn between.
  void begin_computing() override;
  void end_computing() override;
  void rest() override;
};

// The last boot's cause, in the words of the unit link.
ResetReason reset_reason();

}  // namespace signalbox::esp8266
