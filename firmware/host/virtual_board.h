// The board services' ports on a PC: made-up but consistent facts, pins in memory, and a
// UART whose output comes back in.
#pragma once

#include <stdint.h>

#include <string>

#include "units/board/board_services.h"

namespace signalbox::host {

// xorshift32: small, and the same numbers on each machine for a seed.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed == 0 ? 1 : seed) {}
  // -1 to 1
  double next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return static_cast<double>(state_) / 2147483648.0 - 1.0;
  }

 private:
  uint32_t state_;
};

class VirtualNetwork final : public NetworkPort {
 public:
  // The MAC address is locally administered, derived from the hardware id.
  VirtualNetwork(const std::string& hardware_id, const std::string& bind_address,
                 uint32_t seed);
  // The process listens there from then on.
  bool use(const NetworkChoice& choice) override;
  const NetworkChoice& in_use() override { return choice_; }
  const char* mac() override { return mac_.c_str(); }
  const char* ip() override { return ip_.c_str(); }
  const char* netmask() override { return netmask_.c_str(); }
  const char* gateway() override { return gateway_.c_str(); }
  int32_t rssi_dbm() override;

 private:
  void guess_network();

  std::string own_mac_;
  std::string own_ip_;  // what it was started with
  NetworkChoice choice_;
  std::string mac_;
  std::string ip_;
  std::string netmask_;
  std::string gateway_;
  Random random_;
};

class VirtualMemory final : public MemoryPort {
 public:
  // The free heap of an ESP8266 with Wi-Fi on; a PC has no such number.
  uint32_t free_heap_bytes() override { return 38912; }
};

class VirtualPins final : public PinPort {
 public:
  explicit VirtualPins(uint32_t seed) : random_(seed) {}
  int32_t read_level(int32_t pin) override { return levels_ >> pin & 1; }
  void write_level(int32_t pin, int32_t level) override;
  int32_t read_analog() override;

 private:
  int32_t levels_ = 0;
  Random random_;
};

class LoopbackUart final : public UartPort {
 public:
  size_t write(const uint8_t* data, size_t size) override;
  // Its other end is its own buffer: accepted bytes have arrived, whatever the speed.
  Opened open(const UartSettings& settings) override;
  UartFlush flush() override { return UartFlush::kConfirmed; }
  size_t room() override { return sizeof bytes_ - used_; }
  bool is_shared() override { return false; }
  size_t read(uint8_t* into, size_t capacity) override;
  uint32_t next_look_ms() override { return used_ > 0 ? 0 : kIdle; }

 private:
  uint8_t bytes_[256] = {};  // the receive buffer of the Arduino core is as large
  size_t used_ = 0;
};

}  // namespace signalbox::host
