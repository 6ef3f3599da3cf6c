#include "core/recovery_ladder.h"

namespace signalbox {
namespace {

uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

}  // namespace

RecoveryStep RecoveryLadder::poll(const RecoverySigns& signs, uint64_t now_ms) {
  if (signs.has_wifi) wifi_ms_ = now_ms;
  if (signs.has_peer) {
    peer_ms_ = now_ms;
    was_reached_ = true;
  }
  const uint32_t reboot_ms =
      signs.keeps_samples ? rules_.reboot_with_samples_ms : rules_.reboot_ms;
  if (reboot_ms != 0 && now_ms - peer_ms_ >= reboot_ms && !signs.output_is_on) {
    // Where it was reached once, it is the base that has gone.
    return signs.by_choice && !was_reached_ ? RecoveryStep::kRebootByDefault
                                            : RecoveryStep::kReboot;
  }

  const uint64_t alone_since = signs.has_wifi ? peer_ms_ : wifi_ms_;
  const uint32_t patience_ms = signs.has_wifi ? rules_.suspect_radio_ms : kRestartRadioMs;
  if (patience_ms != 0 && now_ms - later(alone_since, restarted_ms_) >= patience_ms) {
    restarted_ms_ = rejoined_ms_ = now_ms;
    return RecoveryStep::kRestartRadio;
  }
  if (!signs.has_wifi && now_ms - later(wifi_ms_, rejoined_ms_) >= kRejoinMs) {
    rejoined_ms_ = now_ms;
    return RecoveryStep::kRejoin;
  }
  return RecoveryStep::kNone;
}

}  // namespace signalbox
