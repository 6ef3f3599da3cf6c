// What our shell uses of the Arduino core's Arduino.h, declared so that a compiler can
// check the shell without it. Only tests/shell/ defines any of it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define F_CPU 80000000L
#define A0 17
#define LOW 0x0
#define HIGH 0x1
#define OUTPUT 0x01
#define INPUT_PULLUP 0x02
#define OUTPUT_OPEN_DRAIN 0x03
#define FALLING 0x02
#define IRAM_ATTR __attribute__((section(".iram.text.stub")))

// Macros of the real one whose names anyone might choose: what they break is found here.
#define PI 3.1415926535897932384626433832795
#define SERIAL 0x0
#define DISPLAY 0x1
#define DEFAULT 1
#define EXTERNAL 0
#define RISING 0x01
#define CHANGE 0x03
#define bit(b) (1UL << (b))
#define sq(x) ((x) * (x))
#define word(...) makeWord(__VA_ARGS__)
#define constrain(amt, low, high) \
  ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))

void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
int digitalRead(uint8_t pin);
int analogRead(uint8_t pin);
void analogWrite(uint8_t pin, int value);
void analogWriteRange(uint32_t range);
uint64_t micros64();
unsigned long micros();
unsigned long millis();
void delayMicroseconds(unsigned int us);
void noInterrupts();
void interrupts();
uint8_t digitalPinToInterrupt(uint8_t pin);
void attachInterrupt(uint8_t pin, void (*handler)(void), int mode);
void detachInterrupt(uint8_t pin);
void delay(unsigned long ms);
void yield();

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
  bool rtcUserMemoryRead(uint32_t offset, uint32_t* data, size_t size);
  bool rtcUserMemoryWrite(uint32_t offset, uint32_t* data, size_t size);
  uint32_t getSketchSize();
  uint32_t getFreeSketchSpace();
  bool flashEraseSector(uint32_t sector);
  bool flashRead(uint32_t address, uint8_t* into, size_t size);
  bool flashRead(uint32_t address, uint32_t* into, size_t size);
  bool flashWrite(uint32_t address, const uint8_t* data, size_t size);
  struct rst_info* getResetInfoPtr();
};
extern EspClass ESP;

// Registers: of a UART the divisor of its clock, its settings and its FIFO; of the pins
// those that set, clear and read them. By addresses as real code has them, so that what
// must not call anything does not.
#define STUB_REGISTER(at) (*reinterpret_cast<volatile uint32_t*>(0x60000000u + (at)))
#define USD(uart) STUB_REGISTER(0x014 + 0xF00 * (uart))
#define USC0(uart) STUB_REGISTER(0x020 + 0xF00 * (uart))
#define USF(uart) STUB_REGISTER(0x000 + 0xF00 * (uart))
#define GPOS STUB_REGISTER(0x304)
#define GPOC STUB_REGISTER(0x308)
#define GPI STUB_REGISTER(0x318)

inline __attribute__((always_inline)) uint32_t stub_mask_interrupts() {
  uint32_t state;
  asm volatile("rsil %0, 15" : "=a"(state)::"memory");
  return state;
}
#define xt_rsil(level) stub_mask_interrupts()
#define xt_wsr_ps(state) asm volatile("wsr %0, ps\n isync" ::"a"(state) : "memory")
inline __attribute__((always_inline)) uint32_t esp_get_cycle_count() {
  uint32_t count;
  asm volatile("rsr %0, ccount" : "=a"(count));
  return count;
}

enum SerialConfig { SERIAL_6N1 = 0x14, SERIAL_8N1 = 0x1c };
enum SerialMode { SERIAL_FULL = 0, SERIAL_RX_ONLY = 1, SERIAL_TX_ONLY = 2 };

class HardwareSerial {
 public:
  void begin(unsigned long baud);
  void begin(unsigned long baud, SerialConfig config, SerialMode mode, uint8_t tx_pin,
             bool invert);
  int available();
  int availableForWrite();
  int read();
  size_t write(const uint8_t* data, size_t size);
  size_t println(const char* text);
};
extern HardwareSerial Serial;
extern HardwareSerial Serial1;

void setup();
void loop();
