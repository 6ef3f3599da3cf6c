#include "units/board/network_change.h"

#include "core/value.h"

namespace signalbox {
namespace {

// How soon it is noticed that a base has come.
constexpr uint32_t kLookMs = 1000;

constexpr ValueSpec kStateText = string_value(16);
constexpr ValueSpec kAddresses[] = {string_value(15).named("ip"),
                                    string_value(15).named("netmask"),
                                    string_value(15).named("gateway")};

constexpr AffordanceSpec kAffordances[] = {
    action(NetworkChange::kNetworkSet, "networkSet", "Change address", "board.networkSet",
           kAddresses, {}, 0),
    property(NetworkChange::kNetworkChange, "networkChange", "Change of address",
             "diagnostic.networkChange", kStateText, kReadable | kObservable),
};

}  // namespace

bool parse_ipv4(const char* text, uint32_t& out) {
  uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    uint32_t number = 0;
    int digits = 0;
    while (*text >= '0' && *text <= '9') {
      number = number * 10 + static_cast<uint32_t>(*text++ - '0');
      if (++digits > 3) return false;
    }
    if (digits == 0 || number > 255) return false;
    address = address << 8 | number;
    if (part < 3 && *text++ != '.') return false;
  }
  out = address;
  return *text == '\0';
}

bool is_usable(const NetworkAddresses& addresses) {
  const uint32_t mask = addresses.netmask;
  const uint32_t ip = addresses.ip;
  if (addresses.is_dynamic()) return true;
  // Ones, then zeros, and room for more than the network's and the broadcast's address.
  const uint32_t host_bits = ~mask;
  if ((host_bits & (host_bits + 1)) != 0 || host_bits < 3 || mask == 0) return false;
  const auto is_host = [&](uint32_t address) {
    return (address & mask) == (ip & mask) && (address & host_bits) != 0 &&
           (address & host_bits) != host_bits;
  };
  // Not "this network", multicast or reserved.
  const uint32_t first = ip >> 24;
  return first != 0 && first < 224 && is_host(ip) && is_host(addresses.gateway);
}

AffordanceSpecs NetworkChange::affordances() const { return kAffordances; }

Status NetworkChange::read(uint8_t, uint64_t, Value& out) {
  set_text(out, name_of(state_));
  return Status::kOk;
}

Status NetworkChange::invoke(const InvokeCall& call, Value*) {
  if (state_ == State::kBegins || state_ == State::kOnTrial) return Status::kBusy;
  NetworkAddresses wanted;
  if (!parse_ipv4(call.arguments[0].kind.text, wanted.ip) ||
      !parse_ipv4(call.arguments[1].kind.text, wanted.netmask) ||
      !parse_ipv4(call.arguments[2].kind.text, wanted.gateway) || !is_usable(wanted)) {
    return Status::kOutOfRange;
  }
  wanted_ = wanted;
  enter(State::kBegins, call.now_ms);
  return Status::kAccepted;
}

uint32_t NetworkChange::poll(uint64_t now_ms) {
  const uint64_t since_ms = now_ms - since_ms_;
  if (state_ == State::kBegins) {
    if (since_ms < kBeginAfterMs) return static_cast<uint32_t>(kBeginAfterMs - since_ms);
    begin_trial(now_ms);
  }
  if (state_ != State::kOnTrial) return kIdle;
  if (notifier().greetings() != greetings_before_) {
    kept_ = wanted_;
    enter(State::kKept, now_ms);
    return kIdle;
  }
  const uint64_t on_trial_ms = now_ms - since_ms_;
  if (on_trial_ms < kTrialMs) {
    const uint32_t left_ms = kTrialMs - static_cast<uint32_t>(on_trial_ms);
    return left_ms < kLookMs ? left_ms : kLookMs;
  }
  (void)port_.use(kept_);
  enter(State::kReverted, now_ms);
  return kIdle;
}

const char* NetworkChange::name_of(State state) {
  switch (state) {
    case State::kNone:
      return "none";
    case State::kBegins:
      return "begins";
    case State::kOnTrial:
      return "on trial";
    case State::kKept:
      return "kept";
    case State::kReverted:
      return "reverted";
  }
  return "";
}

void NetworkChange::enter(State state, uint64_t now_ms) {
  state_ = state;
  since_ms_ = now_ms;
  notifier().property_changed(kNetworkChange);
}

void NetworkChange::begin_trial(uint64_t now_ms) {
  greetings_before_ = notifier().greetings();
  if (port_.use(wanted_)) return enter(State::kOnTrial, now_ms);
  (void)port_.use(kept_);
  enter(State::kReverted, now_ms);
}

}  // namespace signalbox
