#include "esp8266/announcer.h"

#include <Arduino.h>
#include <ESP8266mDNS.h>

namespace signalbox::esp8266 {
namespace {

constexpr char kService[] = "signalbox";
constexpr char kProtocol[] = "tcp";
constexpr char kVersion[] = "1";  // of the unit link

}  // namespace

void Announcer::poll(const Announcement& announcement, bool has_wifi) {
  if (has_begun_) {
    MDNS.update();
    return;
  }
  if (!has_wifi || !MDNS.begin(announcement.host_name)) return;
  has_begun_ = true;
  const auto service =
      MDNS.addService(announcement.hardware_id, kService, kProtocol, announcement.port);
  MDNS.addServiceTxt(service, "id", announcement.hardware_id);
  MDNS.addServiceTxt(service, "model", announcement.model);
  MDNS.addServiceTxt(service, "v", kVersion);
  MDNS.addServiceTxt(service, "enc", announcement.is_encrypted ? "1" : "0");
}

}  // namespace signalbox::esp8266
