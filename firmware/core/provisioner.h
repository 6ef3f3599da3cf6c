// The unit's side of provisioning over the serial line: Wi-Fi by Improv Serial, and the
// key by packets of our own (docs/provisioning.md).
#pragma once

#include "core/key_proof.h"
#include "core/serial_packet.h"
#include "core/serial_port.h"
#include "core/settings_store.h"
#include "core/wifi_port.h"

namespace signalbox {

// The unit's description of itself on the serial port.
struct ProvisioningFacts {
  const char* hardware_id;  // at most 32 bytes
  const char* model;        // at most 32
  const char* firmware_version;
  const char* chip;
  uint16_t port;  // of the unit link
  // Someone at the board caused this boot: power, or the reset button.
  bool booted_by_hand;
  // False for a unit built without encryption.
  bool needs_key;
};

struct ProvisionerPorts {
  SerialPort& serial;
  WifiPort& wifi;
  SettingsStore& store;
};

class Provisioner {
 public:
  // Access: anyone at the serial port of a unit without a key (or, if it needs none,
  // without a network); otherwise for this long after someone restarted it at the board,
  // or after the last request.
  static constexpr uint32_t kWindowMs = 60000;
  // A network that has not accepted the unit by then is reported as unreachable.
  static constexpr uint32_t kJoinTimeoutMs = 25000;

  // All arguments outlive the provisioner.
  Provisioner(const ProvisioningFacts& facts, const ProvisionerPorts& ports)
      : facts_(facts), ports_(ports) {}

  // Reads, answers, and tracks the network that is being tried. Never waits. `now_ms` is
  // the uptime. Returns the milliseconds after which it must be called again even if no
  // byte arrives.
  uint32_t poll(uint64_t now_ms);

  // While it is, the serial line is the provisioner's alone.
  bool is_open(uint64_t now_ms) const;
  // A network is being tried: leave the radio alone.
  bool is_trying() const { return is_trying_; }
  // There is a new key, and its proof has left: it counts from the next boot on.
  bool wants_restart() const { return has_new_key_ && sent_ == to_send_; }

 private:
  // Of the largest answer, which is three packets.
  static constexpr size_t kMaxAnswerBytes = 240;
  // How often the radio, or a full line, is looked at.
  static constexpr uint32_t kLookMs = 50;

  bool is_new() const;
  void read(uint64_t now_ms);
  void flush();
  void handle(const SerialPacket& packet, uint64_t now_ms);
  void handle_improv(const SerialPacket& packet, uint64_t now_ms);
  void handle_wifi(const uint8_t* data, size_t size, uint64_t now_ms);
  void handle_key(const uint8_t* data, size_t size);
  void follow_join(uint64_t now_ms);

  void say(PacketFamily family, uint8_t type, const uint8_t* data, size_t size);
  void say_byte(uint8_t improv_type, uint8_t value);
  void say_state();
  void say_device_information();
  void say_identity();
  void refuse(uint8_t reason);

  const ProvisioningFacts facts_;
  const ProvisionerPorts ports_;
  SerialPacketDecoder decoder_;
  uint64_t heard_ms_ = 0;  // the last request
  bool was_heard_ = false;
  bool has_new_key_ = false;

  bool is_trying_ = false;
  uint64_t trying_since_ms_ = 0;
  Settings tried_;  // the settings with the network that is being tried

  uint8_t answer_[kMaxAnswerBytes];
  size_t sent_ = 0;
  size_t to_send_ = 0;
};

}  // namespace signalbox
