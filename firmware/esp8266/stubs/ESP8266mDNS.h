// What our shell uses of the Arduino core's mDNS library, declared so that a compiler can
// check the shell without it.
#pragma once

#include <stdint.h>

class MDNSResponder {
 public:
  typedef const void* hMDNSService;
  typedef void* hMDNSTxt;
  bool begin(const char* host_name);
  bool update();
  hMDNSService addService(const char* name, const char* service, const char* protocol,
                          uint16_t port);
  hMDNSTxt addServiceTxt(const hMDNSService service, const char* key, const char* value);
};
extern MDNSResponder MDNS;
