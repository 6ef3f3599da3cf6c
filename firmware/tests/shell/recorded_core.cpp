#include "tests/shell/recorded_core.h"

#include <Arduino.h>
#include <ESP8266WiFi.h>
#include <ESP8266mDNS.h>
#include <eboot_command.h>
#include <flash_hal.h>
#include <string.h>

extern "C" {
#include <user_interface.h>
}

namespace signalbox::test {

RecordedCore& core() {
  static RecordedCore the_one;
  return the_one;
}

size_t RecordedCore::place_of(const std::string& beginning) const {
  size_t at = 0;
  while (at < calls.size() && calls[at].rfind(beginning, 0) != 0) ++at;
  return at;
}

}  // namespace signalbox::test

using signalbox::test::core;

namespace {

std::string number(uint32_t value) { return std::to_string(value); }

// A second, as the SDK takes to turn the radio on.
constexpr uint64_t kRadioOnUs = 1000000;

bool is_in_flash(uint32_t address, size_t size) {
  return address <= core().flash.size() && size <= core().flash.size() - address;
}

}  // namespace

EspClass ESP;
HardwareSerial Serial;
HardwareSerial Serial1;
ESP8266WiFiClass WiFi;
MDNSResponder MDNS;
// Its last two sectors.
uint32_t stub_fs_size = 2 * 4096;
uint32_t stub_fs_address = signalbox::test::RecordedCore::kFlashBytes - 2 * 4096;

void pinMode(uint8_t pin, uint8_t mode) {
  core().note("pin " + number(pin) + (mode == OUTPUT ? " output" : " other"));
}
void digitalWrite(uint8_t pin, uint8_t value) {
  core().note("pin " + number(pin) + (value == LOW ? " low" : " high"));
}
int digitalRead(uint8_t) { return HIGH; }
int analogRead(uint8_t) { return 0; }
uint64_t micros64() { return core().now_us; }
unsigned long micros() { return static_cast<unsigned long>(core().now_us); }
unsigned long millis() { return static_cast<unsigned long>(core().now_us / 1000); }
void yield() {}

void EspClass::restart() { core().note("restart"); }
uint32_t EspClass::getFreeHeap() { return 30000; }
uint32_t EspClass::getChipId() { return 0x4F2A91; }
uint32_t EspClass::random() const { return 4; }
uint8_t* EspClass::random(uint8_t* into, size_t size) const {
  memset(into, 4, size);
  return into;
}
bool EspClass::rtcUserMemoryRead(uint32_t offset, uint32_t* data, size_t size) {
  memcpy(data, core().rtc + offset, size);
  return true;
}
bool EspClass::rtcUserMemoryWrite(uint32_t offset, uint32_t* data, size_t size) {
  ++core().rtc_writes;
  memcpy(core().rtc + offset, data, size);
  return true;
}
uint32_t EspClass::getSketchSize() { return 4096; }
uint32_t EspClass::getFreeSketchSpace() { return 4096; }
bool EspClass::flashEraseSector(uint32_t sector) {
  if (!is_in_flash(sector * 4096, 4096)) return false;
  memset(&core().flash[sector * 4096], 0xFF, 4096);
  return true;
}
bool EspClass::flashRead(uint32_t address, uint8_t* into, size_t size) {
  if (!is_in_flash(address, size)) return false;
  memcpy(into, &core().flash[address], size);
  return true;
}
bool EspClass::flashRead(uint32_t address, uint32_t* into, size_t size) {
  return flashRead(address, reinterpret_cast<uint8_t*>(into), size);
}
bool EspClass::flashWrite(uint32_t address, const uint8_t* data, size_t size) {
  if (!is_in_flash(address, size)) return false;
  for (size_t i = 0; i < size; ++i) core().flash[address + i] &= data[i];
  return true;
}
rst_info* EspClass::getResetInfoPtr() {
  static rst_info info;
  info.reason = core().reset_reason;
  return &info;
}

void HardwareSerial::begin(unsigned long) { core().note("serial"); }
int HardwareSerial::available() { return 0; }
int HardwareSerial::availableForWrite() { return 128; }
int HardwareSerial::read() { return -1; }
size_t HardwareSerial::write(const uint8_t*, size_t size) { return size; }

IPAddress::IPAddress(uint8_t, uint8_t, uint8_t, uint8_t) {}
uint8_t IPAddress::operator[](int) const { return 0; }
uint32_t IPAddress::v4() const { return 0; }

WiFiClient::operator bool() { return false; }
int WiFiClient::available() { return 0; }
int WiFiClient::availableForWrite() { return 0; }
int WiFiClient::read(uint8_t*, size_t) { return 0; }
size_t WiFiClient::write(const uint8_t*, size_t) { return 0; }
uint8_t WiFiClient::connected() { return 0; }
IPAddress WiFiClient::remoteIP() { return IPAddress(0, 0, 0, 0); }
bool WiFiClient::stop(unsigned int) { return true; }
void WiFiClient::abort() {}
void WiFiClient::setNoDelay(bool) {}
void WiFiClient::setTimeout(unsigned long) {}

WiFiServer::WiFiServer(uint16_t) {}
void WiFiServer::begin() { core().note("listen"); }
void WiFiServer::setNoDelay(bool) {}
WiFiClient WiFiServer::accept() { return WiFiClient(); }

void ESP8266WiFiClass::persistent(bool) {}
bool ESP8266WiFiClass::mode(WiFiMode_t mode) {
  core().note(mode == WIFI_STA ? "radio on" : "radio off");
  core().now_us += kRadioOnUs;
  return true;
}
bool ESP8266WiFiClass::setSleepMode(WiFiSleepType_t) { return true; }
bool ESP8266WiFiClass::setAutoReconnect(bool) { return true; }
wl_status_t ESP8266WiFiClass::begin(const char* name, const char*) {
  core().note(std::string("join ") + name);
  return WL_DISCONNECTED;
}
bool ESP8266WiFiClass::hostname(const char* name) {
  core().note(std::string("hostname ") + name);
  return true;
}
bool ESP8266WiFiClass::disconnect(bool) { return true; }
wl_status_t ESP8266WiFiClass::status() {
  return core().is_connected ? WL_CONNECTED : WL_DISCONNECTED;
}
bool ESP8266WiFiClass::config(IPAddress, IPAddress, IPAddress) { return true; }
uint8_t* ESP8266WiFiClass::macAddress(uint8_t* into) {
  memset(into, 2, 6);
  return into;
}
IPAddress ESP8266WiFiClass::localIP() { return IPAddress(0, 0, 0, 0); }
IPAddress ESP8266WiFiClass::subnetMask() { return IPAddress(0, 0, 0, 0); }
IPAddress ESP8266WiFiClass::gatewayIP() { return IPAddress(0, 0, 0, 0); }
int8_t ESP8266WiFiClass::RSSI() { return -60; }

bool MDNSResponder::begin(const char* host_name) {
  core().note(std::string("announce ") + host_name);
  return true;
}
bool MDNSResponder::update() { return true; }
MDNSResponder::hMDNSService MDNSResponder::addService(const char*, const char*,
                                                      const char*, uint16_t) {
  return nullptr;
}
MDNSResponder::hMDNSTxt MDNSResponder::addServiceTxt(const hMDNSService, const char*,
                                                     const char*) {
  return nullptr;
}

bool wifi_set_macaddr(uint8_t, uint8_t*) { return true; }
bool system_update_cpu_freq(uint8_t) { return true; }
void eboot_command_write(eboot_command*) {}
