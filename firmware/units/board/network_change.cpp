#include "units/board/network_change.h"

#include "core/value.h"

namespace signalbox {
namespace {

// How soon it is noticed that a base has come.
constexpr uint32_t kLookMs = 1000;

constexpr ValueSpec kStateText SIGNALBOX_FLASH = string_value(16);
constexpr ValueSpec kAddresses[] SIGNALBOX_FLASH = {string_value(15).named("ip"),
                                                    string_value(15).named("netmask"),
                                                    string_value(15).named("gateway")};
constexpr ValueSpec kMac SIGNALBOX_FLASH = string_value(17).named("mac");

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    action(NetworkChange::kNetworkSet, "networkSet", "Change address", "board.networkSet",
           kAddresses, {}, 0),
    action(NetworkChange::kMacSet, "macSet", "Change MAC address", "board.macSet", kMac,
           {}, 0),
    property(NetworkChange::kNetworkChange, "networkChange", "Address change",
             "diagnostic.networkChange", kStateText, kReadable | kObservable),
};

bool apply_addresses(const Value* arguments, NetworkAddresses& into) {
  return parse_ipv4(arguments[0].kind.text, into.ip) &&
         parse_ipv4(arguments[1].kind.text, into.netmask) &&
         parse_ipv4(arguments[2].kind.text, into.gateway) && is_usable(into);
}

bool read_mac(const Value& argument, MacAddress& into) {
  return parse_mac(argument.kind.text, into) && is_usable(into);
}

}  // namespace

void NetworkChange::give_way() {
  if (!is_in_progress()) return;
  enter(State::kReverted, since_ms_);
}

AffordanceSpecs NetworkChange::affordances() const { return kAffordances; }

Status NetworkChange::read(uint8_t, uint64_t, Value& out) {
  set_text(out, name_of_state());
  return Status::kOk;
}

Status NetworkChange::invoke(const InvokeCall& call, Value*) {
  if (is_in_progress()) return Status::kBusy;
  NetworkChoice wanted = port_.in_use();
  const bool is_good = call.pid == kMacSet
                           ? read_mac(call.arguments[0], wanted.mac)
                           : apply_addresses(call.arguments, wanted.addresses);
  if (!is_good) return Status::kOutOfRange;
  wanted_ = wanted;
  enter(State::kBegins, call.now_ms);
  return Status::kAccepted;
}

uint32_t NetworkChange::poll(uint64_t now_ms) {
  const uint64_t since_ms = now_ms - since_ms_;
  switch (state_) {
    case State::kBegins:
      if (since_ms < kDismissAfterMs) {
        return static_cast<uint32_t>(kDismissAfterMs - since_ms);
      }
      notifier().dismiss_peers();
      enter(State::kDismissed, now_ms);
      return kBeginAfterMs - kDismissAfterMs;
    case State::kDismissed:
      if (since_ms < kBeginAfterMs - kDismissAfterMs) {
        return static_cast<uint32_t>(kBeginAfterMs - kDismissAfterMs - since_ms);
      }
      begin_trial(now_ms);
      return 0;
    case State::kOnTrial:
      return follow_trial(now_ms);
    default:
      return kIdle;
  }
}

void NetworkChange::begin_trial(uint64_t now_ms) {
  // Who has come meanwhile came by what is left now.
  notifier().dismiss_peers();
  hellos_before_ = notifier().hellos();
  before_ = port_.in_use();
  if (port_.use(wanted_)) return enter(State::kOnTrial, now_ms);
  revert(now_ms);
}

uint32_t NetworkChange::follow_trial(uint64_t now_ms) {
  if (notifier().hellos() != hellos_before_) {
    enter(settings_.keep_network(wanted_) ? State::kKept : State::kKeptUntilRestart,
          now_ms);
    return kIdle;
  }
  const uint64_t on_trial_ms = now_ms - since_ms_;
  if (on_trial_ms < trial_ms_) {
    const uint32_t left_ms = trial_ms_ - static_cast<uint32_t>(on_trial_ms);
    return left_ms < kLookMs ? left_ms : kLookMs;
  }
  revert(now_ms);
  return 0;
}

void NetworkChange::revert(uint64_t now_ms) {
  (void)port_.use(before_);
  enter(State::kReverted, now_ms);
}

const char* NetworkChange::name_of_state() const {
  switch (state_) {
    case State::kNone:
      return port_.in_use() == settings_.settings().network ? "none" : "fallback";
    case State::kBegins:
    case State::kDismissed:
      return "begins";
    case State::kOnTrial:
      return "on trial";
    case State::kKept:
      return "kept";
    case State::kKeptUntilRestart:
      return "until restart";
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

}  // namespace signalbox
