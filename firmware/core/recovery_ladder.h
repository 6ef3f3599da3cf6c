// The recovery steps of a unit that has not been reached for long: small ones first,
// finally a reboot. Never switches off an output.
#pragma once

#include <stdint.h>

namespace signalbox {

enum class RecoveryStep : uint8_t {
  kNone,
  kRejoin,        // join the network again
  kRestartRadio,  // turn the radio off and on, then join the network
  kReboot,
  // And then, for one boot, ignore the chosen network addresses: they may be why the unit
  // is unreachable.
  kRebootByDefault,
};

struct RecoverySigns {
  bool has_wifi;      // joined, with an address
  bool has_peer;      // an authenticated one
  bool output_is_on;  // something that a reboot would switch off
  bool by_choice;     // with an address or a MAC address that somebody chose
  // Samples that no base has received; a reboot loses them.
  bool keeps_samples = false;
};

// Each in milliseconds; 0: never.
struct RecoveryRules {
  // With Wi-Fi, but without a peer for this long, the radio may only appear to be
  // connected. Longer than a base's check of an on-demand unit, which is 60 s.
  uint32_t suspect_radio_ms = 300000;
  uint32_t reboot_ms = 900000;
  // Instead of the reboot while samples are kept: restarting the radio helps in most
  // cases in which a reboot would.
  uint32_t reboot_with_samples_ms = 6 * 3600000;
};

class RecoveryLadder {
 public:
  // The radio retries automatically; this is for when it has given up.
  static constexpr uint32_t kRejoinMs = 30000;
  static constexpr uint32_t kRestartRadioMs = 120000;

  explicit RecoveryLadder(const RecoveryRules& rules = {}) : rules_(rules) {}

  // Returns the step that is due now; each once. `now_ms` is the uptime.
  RecoveryStep poll(const RecoverySigns& signs, uint64_t now_ms);

 private:
  const RecoveryRules rules_;
  uint64_t wifi_ms_ = 0;      // last seen, or the boot
  uint64_t peer_ms_ = 0;      // the same
  uint64_t rejoined_ms_ = 0;  // the last step of whatever kind
  uint64_t restarted_ms_ = 0;
  bool was_reached_ = false;
};

}  // namespace signalbox
