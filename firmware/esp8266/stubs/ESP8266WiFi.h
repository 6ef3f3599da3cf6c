// What our shell uses of the Arduino core's Wi-Fi library, declared so that a compiler
// can check the shell without it.
#pragma once

#include <stddef.h>
#include <stdint.h>

class IPAddress {
 public:
  IPAddress(uint8_t first, uint8_t second, uint8_t third, uint8_t fourth);
  uint8_t operator[](int index) const;
  uint32_t v4() const;
};

class WiFiClient {
 public:
  operator bool();
  int available();
  int availableForWrite();
  int read(uint8_t* into, size_t size);
  size_t write(const uint8_t* data, size_t size);
  uint8_t connected();
  IPAddress remoteIP();
  bool stop(unsigned int max_wait_ms);
  void abort();
  void setNoDelay(bool no_delay);
  void setTimeout(unsigned long ms);
};

class WiFiServer {
 public:
  explicit WiFiServer(uint16_t port);
  void begin();
  void setNoDelay(bool no_delay);
  WiFiClient accept();
};

enum wl_status_t {
  WL_IDLE_STATUS = 0,
  WL_NO_SSID_AVAIL = 1,
  WL_CONNECTED = 3,
  WL_CONNECT_FAILED = 4,
  WL_WRONG_PASSWORD = 6,
  WL_DISCONNECTED = 7
};
enum WiFiMode_t { WIFI_OFF = 0, WIFI_STA = 1 };
enum WiFiSleepType_t { WIFI_NONE_SLEEP = 0 };

class ESP8266WiFiClass {
 public:
  void persistent(bool persistent);
  bool mode(WiFiMode_t mode);
  bool setSleepMode(WiFiSleepType_t type);
  bool setAutoReconnect(bool reconnect);
  wl_status_t begin(const char* name, const char* password);
  bool hostname(const char* name);
  bool disconnect(bool wifi_off);
  wl_status_t status();
  bool config(IPAddress ip, IPAddress gateway, IPAddress netmask);
  uint8_t* macAddress(uint8_t* into);
  IPAddress localIP();
  IPAddress subnetMask();
  IPAddress gatewayIP();
  int8_t RSSI();
};
extern ESP8266WiFiClass WiFi;
