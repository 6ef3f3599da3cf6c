#include "esp8266/board.h"

#include <Arduino.h>
#include <ESP8266WiFi.h>
#include <stdio.h>

extern "C" {
#include <user_interface.h>
}

namespace signalbox::esp8266 {
namespace {

constexpr size_t kTransmitFifoBytes = 128;  // of the chip's UART
// Its clock, and where its settings have their places (esp8266_peri.h: UCBN, UCSBN,
// UCPAE, UCPA).
constexpr uint32_t kUartClockHz = 80000000;
constexpr unsigned kDataBitsAt = 2;
constexpr unsigned kStopBitsAt = 4;
constexpr uint32_t kParityOn = 1u << 1;
constexpr uint32_t kParityOdd = 1u << 0;
constexpr uint32_t kTwoStopBits = 3;

// A start bit, at most nine of data and parity, two stop bits.
constexpr uint32_t character_us(uint32_t baud) { return 12u * 1000000u / baud + 1; }

uint32_t uart_frame(const UartSettings& settings) {
  uint32_t frame = static_cast<uint32_t>(settings.data_bits - 5) << kDataBitsAt;
  frame |= (settings.stop_bits == 2 ? kTwoStopBits : 1u) << kStopBitsAt;
  if (settings.parity != UartParity::kNone) frame |= kParityOn;
  if (settings.parity == UartParity::kOdd) frame |= kParityOdd;
  return frame;
}

void format_address(const IPAddress& address, char* into, size_t capacity) {
  snprintf(into, capacity, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
}

}  // namespace

const char* WifiNetwork::mac() {
  uint8_t bytes[kMacBytes] = {};
  WiFi.macAddress(bytes);
  format_mac(bytes, text_);
  return text_;
}

const char* WifiNetwork::ip() {
  format_address(WiFi.localIP(), text_, sizeof text_);
  return text_;
}

const char* WifiNetwork::netmask() {
  format_address(WiFi.subnetMask(), text_, sizeof text_);
  return text_;
}

const char* WifiNetwork::gateway() {
  format_address(WiFi.gatewayIP(), text_, sizeof text_);
  return text_;
}

int32_t WifiNetwork::rssi_dbm() {
  // Without a connection the chip reports +31, which the schema does not allow.
  const int32_t dbm = WiFi.RSSI();
  return dbm > 0 ? -120 : dbm;
}

uint32_t ChipMemory::free_heap_bytes() { return ESP.getFreeHeap(); }

int32_t ChipPins::read_level(int32_t pin) {
  return digitalRead(static_cast<uint8_t>(pin)) != 0 ? 1 : 0;
}

void ChipPins::write_level(int32_t pin, int32_t level) {
  pinMode(static_cast<uint8_t>(pin), OUTPUT);
  digitalWrite(static_cast<uint8_t>(pin), level != 0 ? HIGH : LOW);
}

int32_t ChipPins::read_analog() {
  const int32_t value = analogRead(A0);
  return value > 1023 ? 1023 : value;  // the converter can say 1024
}

size_t ChipUart::Line::write(const uint8_t* data, size_t size) {
  // Only what fits, since more would block.
  const size_t room = static_cast<size_t>(Serial.availableForWrite());
  return Serial.write(data, size < room ? size : room);
}

bool ChipUart::is_flushed() {
  return static_cast<size_t>(Serial.availableForWrite()) >= kTransmitFifoBytes;
}

size_t ChipUart::Line::read(uint8_t* into, size_t capacity) {
  size_t count = 0;
  while (count < capacity && Serial.available() > 0) {
    into[count++] = static_cast<uint8_t>(Serial.read());
  }
  return count;
}

size_t ChipUart::write(const uint8_t* data, size_t size) {
  seen_empty_ = false;
  return line_.write(data, size);
}

// By its registers: Serial.begin would allocate again.
UartPort::Opened ChipUart::open(const UartSettings& settings) {
  if (is_lent_) return Opened::kNotNow;
  USD(0) = kUartClockHz / settings.baud;
  USC0(0) = uart_frame(settings);
  character_us_ = character_us(settings.baud);
  return Opened::kOk;
}

// The chip counts its buffer, but not the character being sent.
UartFlush ChipUart::flush() {
  look();
  if (!seen_empty_) return UartFlush::kPending;
  const bool has_left = micros64() - empty_since_us_ >= character_us_;
  return has_left ? UartFlush::kConfirmed : UartFlush::kAssumed;
}

size_t ChipUart::room() { return static_cast<size_t>(Serial.availableForWrite()); }

void ChipUart::look() {
  if (!is_flushed()) {
    seen_empty_ = false;
  } else if (!seen_empty_) {
    seen_empty_ = true;
    empty_since_us_ = micros64();
  }
}

size_t ChipUart::read(uint8_t* into, size_t capacity) {
  look();
  return is_lent_ ? 0 : line_.read(into, capacity);
}

// The board's loop runs all the time; this is only for a shell that sleeps.
uint32_t ChipUart::next_look_ms() { return !is_lent_ && Serial.available() > 0 ? 0 : 10; }

void ChipSecurity::fill_random(uint8_t* into, size_t size) { ESP.random(into, size); }

void ChipSecurity::begin_computing() { system_update_cpu_freq(SYS_CPU_160MHZ); }

void ChipSecurity::end_computing() { system_update_cpu_freq(F_CPU / 1000000); }

// yield() returns when Wi-Fi and TCP have had their turn, and feeds the software
// watchdog; the system feeds the hardware one meanwhile.
void ChipSecurity::rest() { yield(); }

ResetReason reset_reason() {
  switch (ESP.getResetInfoPtr()->reason) {
    case REASON_DEFAULT_RST:
      return ResetReason::kPowerOn;
    case REASON_WDT_RST:
    case REASON_SOFT_WDT_RST:
      return ResetReason::kWatchdog;
    case REASON_EXCEPTION_RST:
      return ResetReason::kException;
    case REASON_SOFT_RESTART:
      return ResetReason::kSoftware;
    case REASON_DEEP_SLEEP_AWAKE:
      return ResetReason::kDeepSleep;
    case REASON_EXT_SYS_RST:
      return ResetReason::kExternal;
    default:
      return ResetReason::kUnspecified;
  }
}

}  // namespace signalbox::esp8266
