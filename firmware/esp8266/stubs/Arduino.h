// What our shell uses of the Arduino core's Arduino.h, declared so that a compiler can
// check the shell without it. Nothing here is ever linked.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define A0 17
#define LOW 0x0
#define HIGH 0x1
#define OUTPUT 0x01

void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
int digitalRead(uint8_t pin);
int analogRead(uint8_t pin);
void analogWrite(uint8_t pin, int value);
void analogWriteRange(uint32_t range);
uint64_t micros64();
void delay(unsigned long ms);

enum rst_reason {
  REASON_DEFAULT_RST = 0,
  REASON_WDT_RST = 1,
  REASON_EXCEPTION_RST = 2,
  REASON_SOFT_WDT_RST = 3,
  REASON_SOFT_RESTART = 4,
  REASON_DEEP_SLEEP_AWAKE = 5,
  REASON_EXT_SYS_RST = 6
};
struct rst_info {
  uint32_t reason;
};

class EspClass {
 public:
  void restart();
  uint32_t getFreeHeap();
  uint32_t getChipId();
  uint32_t random() const;
  uint8_t* random(uint8_t* into, size_t size) const;
  void wdtFeed();
  struct rst_info* getResetInfoPtr();
};
extern EspClass ESP;

class HardwareSerial {
 public:
  void begin(unsigned long baud);
  int available();
  int availableForWrite();
  int read();
  size_t write(const uint8_t* data, size_t size);
  size_t println(const char* text);
};
extern HardwareSerial Serial;

void setup();
void loop();
