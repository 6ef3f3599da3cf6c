// The unit's network facts: addresses and signal strength.
#pragma once

#include "core/capability.h"
#include "core/network_choice.h"

namespace signalbox {

class NetworkPort {
 public:
  // Uses these addresses until the next call or the next boot. Another MAC address means
  // joining the network again, which takes seconds. False if it cannot.
  virtual bool use(const NetworkChoice& choice) = 0;
  // What was requested last.
  virtual const NetworkChoice& in_use() = 0;

  // Zero-terminated, valid until the next call.
  virtual const char* mac() = 0;      // "02:00:00:12:34:56"
  virtual const char* ip() = 0;       // dotted IPv4
  virtual const char* netmask() = 0;  // dotted IPv4
  virtual const char* gateway() = 0;  // dotted IPv4
  virtual int32_t rssi_dbm() = 0;

 protected:
  ~NetworkPort() = default;
};

class NetworkFacts final : public Capability {
 public:
  static constexpr uint8_t kMac = 32;
  static constexpr uint8_t kIp = 33;
  static constexpr uint8_t kNetmask = 34;
  static constexpr uint8_t kGateway = 35;
  static constexpr uint8_t kRssi = 36;
  static constexpr uint8_t kIpMode = 49;

  explicit NetworkFacts(NetworkPort& port) : port_(port) {}

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  uint64_t measured_ms(uint8_t pid, uint64_t now_ms) const override;
  uint32_t poll(uint64_t now_ms) override;

 private:
  NetworkPort& port_;
  int32_t rssi_dbm_ = 0;
  uint64_t rssi_measured_ms_ = 0;
  bool rssi_known_ = false;
};

}  // namespace signalbox
