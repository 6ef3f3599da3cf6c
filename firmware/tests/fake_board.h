// The board services' ports, as plain variables.
#pragma once

#include "core/settings_store.h"
#include "core/value.h"
#include "tests/fake_flash.h"
#include "units/board/board_services.h"
#include "units/button.h"
#include "units/drivers/climate_driver.h"
#include "units/lamp.h"
#include "units/light_sensor.h"
#include "units/relay.h"

namespace signalbox::test {

struct FakeNetwork final : NetworkPort {
  bool use(const NetworkChoice& choice) override {
    ++uses;
    used = choice;
    return can_use || choice.is_default();
  }
  const NetworkChoice& in_use() override { return used; }
  NetworkChoice used;
  int uses = 0;
  bool can_use = true;
  const char* mac() override { return "02:00:00:12:34:56"; }
  const char* ip() override { return "192.0.2.7"; }
  const char* netmask() override { return "255.255.255.0"; }
  const char* gateway() override { return "192.0.2.1"; }
  int32_t rssi_dbm() override { return rssi; }
  int32_t rssi = -60;
};

struct FakeMemory final : MemoryPort {
  uint32_t free_heap_bytes() override { return 40000; }
};

struct FakePins final : PinPort {
  int32_t read_level(int32_t pin) override { return levels >> pin & 1; }
  void write_level(int32_t pin, int32_t level) override {
    levels = (levels & ~(1 << pin)) | level << pin;
    ++writes;
  }
  int32_t read_analog() override { return 700; }
  int32_t levels = 0;
  int writes = 0;
};

// What is written comes back in.
struct FakeUart final : UartPort {
  size_t write(const uint8_t* data, size_t size) override {
    const size_t chunk = size < capacity - used ? size : capacity - used;
    memcpy(bytes + used, data, chunk);
    used += chunk;
    return chunk;
  }
  Opened open(const UartSettings& wanted) override {
    if (opened == Opened::kOk) settings = wanted;
    return opened;
  }
  UartFlush flush() override { return flushed; }
  size_t room() override { return capacity - used; }
  bool is_shared() override { return true; }
  size_t read(uint8_t* into, size_t most) override {
    const size_t chunk = used < most ? used : most;
    memcpy(into, bytes, chunk);
    used -= chunk;
    memmove(bytes, bytes + chunk, used);
    return chunk;
  }
  uint32_t next_look_ms() override { return used > 0 ? 0 : kIdle; }
  uint8_t bytes[256] = {};
  size_t used = 0;
  size_t capacity = sizeof bytes;
  UartSettings settings;
  UartFlush flushed = UartFlush::kConfirmed;
  Opened opened = Opened::kOk;
};

struct FakeBoard {
  FakeNetwork network;
  FakeMemory memory;
  FakePins pins;
  FakeUart uart;
  FakeFlash flash;
  SettingsStore store{flash};
  BoardPorts ports = {network, memory, pins, uart, store};
};

struct FakeLamp final : LampPort {
  void show(const LampState& state) override {
    shown = state;
    ++shows;
  }
  void settled(const LampState& state) override {
    last_settled = state;
    ++settles;
  }
  bool keeps_state() const override { return keeps; }
  LampState shown;
  LampState last_settled;
  bool keeps = false;
  int shows = 0;
  int settles = 0;
};

struct FakeLight final : LightPort {
  double read_lux(uint64_t) override {
    ++reads;
    return lux;
  }
  double lux = 120.5;
  int reads = 0;
};

struct FakeRelay final : RelayPort {
  void set(bool to) override {
    on = to;
    ++switches;
  }
  bool on = false;
  int switches = 0;
};

// Takes 30 ms in two steps for each measurement.
struct FakeClimate final : ClimateDriver {
  uint8_t quantities() const override { return how_many; }
  void begin(uint64_t) override {
    ++begins;
    is_half = false;
  }
  Progress poll(uint64_t, uint32_t& wait_ms, ClimateSample& out) override {
    ++polls;
    if (!is_half) {
      is_half = true;
      wait_ms = 30;
      return Progress::kBusy;
    }
    out = sample;
    return fails ? Progress::kFailed : Progress::kDone;
  }
  uint8_t how_many = 3;
  ClimateSample sample = {215000, 4025, 101325};
  bool is_half = false;
  bool fails = false;
  int begins = 0;
  int polls = 0;
};

struct FakeButton final : ButtonPort {
  bool is_pressed(uint64_t) override { return pressed; }
  uint32_t next_look_ms(uint64_t) override { return 5; }
  bool pressed = false;
};

}  // namespace signalbox::test
