// A unit that is being provisioned: a serial line, a radio and a flash in memory.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/provisioner.h"
#include "tests/fake_flash.h"

namespace signalbox::test {

struct FakeSerial final : SerialPort {
  size_t write(const uint8_t* data, size_t size) override {
    const size_t chunk = size < room ? size : room;
    sent.insert(sent.end(), data, data + chunk);
    room -= chunk;
    return chunk;
  }
  size_t read(uint8_t* into, size_t capacity) override {
    size_t count = 0;
    while (count < capacity && !received.empty()) {
      into[count++] = received.front();
      received.pop_front();
    }
    return count;
  }
  std::deque<uint8_t> received;
  std::vector<uint8_t> sent;
  size_t room = SIZE_MAX;
};

struct FakeWifi final : WifiPort {
  void join(const Settings& settings) override {
    joined.push_back(std::string(settings.wifi_name) + ":" + settings.wifi_password);
    choice = settings.network;
    now = settings.has_wifi() ? WifiState::kConnecting : WifiState::kNoNetwork;
  }
  WifiState state() override { return now; }
  void address(uint8_t (&into)[4]) override {
    const uint8_t address[] = {192, 0, 2, 7};
    memcpy(into, address, sizeof address);
  }
  std::vector<std::string> joined;
  NetworkChoice choice;  // of the last of them
  WifiState now = WifiState::kNoNetwork;
};

struct ProvisioningFixture {
  explicit ProvisioningFixture(bool booted_by_hand = true, bool needs_key = true)
      : facts{"lamp-4f2a91", "rgb-lamp",     "0.1.0",  "ESP8266",
              8888,          booted_by_hand, needs_key} {
    store.load();
  }

  void feed(const std::vector<uint8_t>& bytes) {
    serial.received.insert(serial.received.end(), bytes.begin(), bytes.end());
  }
  void feed(PacketFamily family, uint8_t type, const std::vector<uint8_t>& data) {
    uint8_t bytes[kMaxWrittenPacket];
    const size_t size =
        encode_serial_packet({family, type, data.data(), data.size()}, bytes);
    feed(std::vector<uint8_t>(bytes, bytes + size));
  }

  struct Heard {
    PacketFamily family;
    uint8_t type;
    std::vector<uint8_t> data;
  };
  // The packets that the unit has sent since the last call.
  std::vector<Heard> heard() {
    SerialPacketDecoder decoder;
    std::vector<Heard> all;
    for (const uint8_t byte : serial.sent) {
      decoder.put(byte, 0);
      SerialPacket packet;
      while (decoder.next(packet)) {
        all.push_back({packet.family, packet.type,
                       std::vector<uint8_t>(packet.data, packet.data + packet.size)});
      }
    }
    serial.sent.clear();
    return all;
  }

  // Lets the unit run until it has nothing more to do at this instant.
  void settle() {
    for (int turn = 0; turn < 20; ++turn) (void)provisioner.poll(now_ms);
  }

  FakeFlash flash;
  SettingsStore store{flash};
  FakeSerial serial;
  FakeWifi wifi;
  ProvisioningFacts facts;
  Provisioner provisioner{facts, {serial, wifi, store}};
  uint64_t now_ms = 0;
};

}  // namespace signalbox::test
