// Announces the unit on the network: DNS-SD over multicast DNS, `_signalbox._tcp`
// (docs/provisioning.md section 7). None of it is secret.
#pragma once

#include <stdint.h>

namespace signalbox::esp8266 {

struct Announcement {
  const char* host_name;
  const char* hardware_id;
  const char* model;
  uint16_t port;
  bool is_encrypted;
};

class Announcer {
 public:
  // Each turn of the loop. Begins when there is a network; the library announces again
  // when the address changes. The texts outlive the announcer.
  void poll(const Announcement& announcement, bool has_wifi);

 private:
  bool has_begun_ = false;
};

}  // namespace signalbox::esp8266
