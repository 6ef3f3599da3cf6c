// Another address for the unit, on trial: it is kept only when a base says hello by it.
// Nobody is locked out by a slip of the pen.
#pragma once

#include "core/capability.h"
#include "units/board/network_facts.h"

namespace signalbox {

class NetworkChange final : public Capability {
 public:
  static constexpr uint8_t kNetworkSet = 46;
  static constexpr uint8_t kNetworkChange = 47;

  // The answer has left by then.
  static constexpr uint32_t kBeginAfterMs = 500;
  static constexpr uint32_t kTrialMs = 60000;

  explicit NetworkChange(NetworkPort& port) : port_(port) {}

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  // Accepted: what became of it is told by the property.
  Status invoke(const InvokeCall& call, Value* outputs) override;
  uint32_t poll(uint64_t now_ms) override;

 private:
  enum class State : uint8_t { kNone, kBegins, kOnTrial, kKept, kReverted };
  static const char* name_of(State state);
  void enter(State state, uint64_t now_ms);
  void begin_trial(uint64_t now_ms);

  NetworkPort& port_;
  State state_ = State::kNone;
  uint64_t since_ms_ = 0;
  uint32_t greetings_before_ = 0;
  NetworkAddresses kept_;  // by DHCP, until another is kept
  NetworkAddresses wanted_;
};

// Dotted decimal, as 192.0.2.7. False when it is not.
[[nodiscard]] bool parse_ipv4(const char* text, uint32_t& out);

// A host's address in a network with a gateway, or all zeros for DHCP.
[[nodiscard]] bool is_usable(const NetworkAddresses& addresses);

}  // namespace signalbox
