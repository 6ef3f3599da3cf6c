// Another address or MAC address for the unit, on trial: it is kept, also over restarts,
// only if a base says hello at it. So a typing error locks nobody out.
#pragma once

#include "core/capability.h"
#include "core/settings_store.h"
#include "units/board/network_facts.h"

namespace signalbox {

class NetworkChange final : public Capability {
 public:
  static constexpr uint8_t kNetworkSet = 46;
  static constexpr uint8_t kNetworkChange = 47;
  static constexpr uint8_t kMacSet = 48;

  // By then the answer was sent; now the peers get their goodbye ...
  static constexpr uint32_t kDismissAfterMs = 500;
  // ... which was sent by then.
  static constexpr uint32_t kBeginAfterMs = 600;
  static constexpr uint32_t kTrialMs = 60000;

  // Both outlive the service; the settings are loaded, and the port uses them or, for
  // this boot, none of them.
  NetworkChange(NetworkPort& port, SettingsStore& settings)
      : port_(port), settings_(settings) {}

  // A shorter trial, for those who cannot wait a minute.
  void shorten_trial(uint32_t ms) { trial_ms_ = ms; }

  // Somebody at the board gives the unit another Wi-Fi network, which ends a trial in
  // this one. The port already knows what to use there.
  void give_way();

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  // Accepted: the property reports the outcome.
  Status invoke(const InvokeCall& call, Value* outputs) override;
  uint32_t poll(uint64_t now_ms) override;

 private:
  enum class State : uint8_t {
    kNone,
    kBegins,
    kDismissed,
    kOnTrial,
    kKept,
    kKeptUntilRestart,  // the flash cannot store it
    kReverted,
  };
  bool is_in_progress() const {
    return state_ == State::kBegins || state_ == State::kDismissed ||
           state_ == State::kOnTrial;
  }
  const char* name_of_state() const;
  void enter(State state, uint64_t now_ms);
  void begin_trial(uint64_t now_ms);
  uint32_t follow_trial(uint64_t now_ms);
  void revert(uint64_t now_ms);

  NetworkPort& port_;
  SettingsStore& settings_;
  uint32_t trial_ms_ = kTrialMs;
  State state_ = State::kNone;
  uint64_t since_ms_ = 0;
  uint32_t hellos_before_ = 0;
  NetworkChoice before_;  // what a failed trial reverts to
  NetworkChoice wanted_;
};

}  // namespace signalbox
