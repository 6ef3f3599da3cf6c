#include "units/board/network_facts.h"

#include "core/value.h"

namespace signalbox {
namespace {

// Signal strength wavers; more often would report noise.
constexpr uint32_t kRssiPeriodMs = 5000;

constexpr ValueSpec kMacText SIGNALBOX_FLASH = string_value(17);
constexpr ValueSpec kIpText SIGNALBOX_FLASH = string_value(15);
constexpr ValueSpec kModeText SIGNALBOX_FLASH = string_value(5);
constexpr ValueSpec kDecibel SIGNALBOX_FLASH = integer_value().in("dBm").range(-120, 0);

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    property(NetworkFacts::kMac, "mac", "MAC address", "diagnostic.mac", kMacText,
             kReadable),
    property(NetworkFacts::kIp, "ip", "IP address", "diagnostic.ip", kIpText, kReadable),
    property(NetworkFacts::kNetmask, "netmask", "Netmask", "diagnostic.netmask", kIpText,
             kReadable),
    property(NetworkFacts::kGateway, "gateway", "Gateway", "diagnostic.gateway", kIpText,
             kReadable),
    property(NetworkFacts::kIpMode, "ipMode", "Address source", "diagnostic.ipMode",
             kModeText, kReadable),
    property(NetworkFacts::kRssi, "rssi", "Signal strength", "diagnostic.rssi", kDecibel,
             kReadable | kObservable),
};

}  // namespace

AffordanceSpecs NetworkFacts::affordances() const { return kAffordances; }

Status NetworkFacts::read(uint8_t pid, uint64_t, Value& out) {
  switch (pid) {
    case kMac:
      set_text(out, port_.mac());
      return Status::kOk;
    case kIp:
      set_text(out, port_.ip());
      return Status::kOk;
    case kNetmask:
      set_text(out, port_.netmask());
      return Status::kOk;
    case kGateway:
      set_text(out, port_.gateway());
      return Status::kOk;
    case kIpMode:
      set_text(out, port_.in_use().addresses.is_dynamic() ? "dhcp" : "fixed");
      return Status::kOk;
    default:
      if (!rssi_known_) return Status::kHardwareError;
      set_integer(out, rssi_dbm_);
      return Status::kOk;
  }
}

uint64_t NetworkFacts::measured_ms(uint8_t pid, uint64_t now_ms) const {
  return pid == kRssi ? rssi_measured_ms_ : now_ms;
}

uint32_t NetworkFacts::poll(uint64_t now_ms) {
  const uint64_t since = now_ms - rssi_measured_ms_;
  if (rssi_known_ && since < kRssiPeriodMs) {
    return static_cast<uint32_t>(kRssiPeriodMs - since);
  }
  const int32_t dbm = port_.rssi_dbm();
  if (!rssi_known_ || dbm != rssi_dbm_) notifier().property_changed(kRssi);
  rssi_dbm_ = dbm;
  rssi_measured_ms_ = now_ms;
  rssi_known_ = true;
  return kRssiPeriodMs;
}

}  // namespace signalbox
