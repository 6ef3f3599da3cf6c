#include "core/provisioner.h"

#include <string.h>

namespace signalbox {
namespace {

// Improv Serial, version 1 (improv-wifi.com/serial).
namespace improv {
constexpr uint8_t kCurrentState = 1;
constexpr uint8_t kErrorState = 2;
constexpr uint8_t kCommand = 3;
constexpr uint8_t kResult = 4;

constexpr uint8_t kSendWifi = 1;
constexpr uint8_t kRequestState = 2;
constexpr uint8_t kRequestInformation = 3;

constexpr uint8_t kReady = 2;
constexpr uint8_t kProvisioning = 3;
constexpr uint8_t kProvisioned = 4;

constexpr uint8_t kNoError = 0;
constexpr uint8_t kInvalid = 1;
constexpr uint8_t kUnknownCommand = 2;
constexpr uint8_t kUnableToConnect = 3;
constexpr uint8_t kUnknownError = 0xFF;
}  // namespace improv

// Our own: docs/provisioning.md section 4.
namespace own {
constexpr uint8_t kIdentify = 0x01;
constexpr uint8_t kSetKey = 0x02;
constexpr uint8_t kIdentity = 0x81;
constexpr uint8_t kKeyStored = 0x82;
constexpr uint8_t kRefused = 0x8F;

constexpr uint8_t kMalformed = 1;
constexpr uint8_t kUnknown = 2;
constexpr uint8_t kNotKept = 3;

constexpr uint8_t kHasWifi = 1;
constexpr uint8_t kHasKey = 2;
constexpr uint8_t kIsConnected = 4;
}  // namespace own

// Texts with their length before them.
class TextList {
 public:
  void byte(uint8_t value) { bytes_[size_++] = value; }
  void bytes(const uint8_t* data, size_t size) {
    memcpy(bytes_ + size_, data, size);
    size_ += size;
  }
  void text(const char* text) {
    const size_t most = 40;
    size_t size = strlen(text);
    if (size > most) size = most;
    byte(static_cast<uint8_t>(size));
    bytes(reinterpret_cast<const uint8_t*>(text), size);
  }
  uint8_t& operator[](size_t index) { return bytes_[index]; }
  const uint8_t* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  uint8_t bytes_[2 + 7 + 4 * 41];
  size_t size_ = 0;
};

bool is_blank(const uint8_t* bytes, size_t size) {
  uint8_t all = 0;
  for (size_t i = 0; i < size; ++i) all = static_cast<uint8_t>(all | bytes[i]);
  return all == 0;
}

// One text of a list into a field of the settings; false when it does not fit there.
template <size_t N>
bool handle_next(const uint8_t*& data, size_t& left, char (&into)[N]) {
  if (left == 0 || data[0] > left - 1) return false;
  const size_t size = data[0];
  if (!read_text(data + 1, size, into)) return false;
  data += 1 + size;
  left -= 1 + size;
  return true;
}

}  // namespace

uint32_t Provisioner::poll(uint64_t now_ms) {
  flush();
  if (is_trying_) follow_join(now_ms);
  if (is_open(now_ms)) read(now_ms);
  flush();
  return is_trying_ || sent_ < to_send_ ? kLookMs : UINT32_MAX;
}

bool Provisioner::is_open(uint64_t now_ms) const {
  if (is_trying_ || is_new()) return true;
  if (was_heard_ && now_ms - heard_ms_ < kWindowMs) return true;
  return facts_.booted_by_hand && now_ms < kWindowMs;
}

bool Provisioner::is_new() const {
  const Settings& settings = ports_.store.settings();
  return facts_.needs_key ? !settings.has_key : !settings.has_wifi();
}

void Provisioner::read(uint64_t now_ms) {
  uint8_t byte;
  // One request at a time: the next one waits until this one's answer has left.
  while (sent_ == to_send_ && ports_.serial.read(&byte, 1) == 1) {
    decoder_.put(byte, now_ms);
    SerialPacket packet;
    while (sent_ == to_send_ && decoder_.next(packet)) handle(packet, now_ms);
  }
}

void Provisioner::flush() {
  if (sent_ < to_send_) {
    sent_ += ports_.serial.write(answer_ + sent_, to_send_ - sent_);
  }
  if (sent_ == to_send_) sent_ = to_send_ = 0;
}

void Provisioner::handle(const SerialPacket& packet, uint64_t now_ms) {
  if (packet.family == PacketFamily::kImprov) {
    // Its other types are sent by devices; our own port may receive those of another, or
    // its own.
    if (packet.type != improv::kCommand) return;
    handle_improv(packet, now_ms);
  } else if ((packet.type & 0x80) != 0) {
    return;
  } else if (packet.type == own::kIdentify) {
    say_identity();
  } else if (packet.type == own::kSetKey) {
    handle_key(packet.data, packet.size);
  } else {
    refuse(own::kUnknown);
  }
  decoder_.forget();
  heard_ms_ = now_ms;
  was_heard_ = true;
}

void Provisioner::handle_improv(const SerialPacket& packet, uint64_t now_ms) {
  const uint8_t* data = packet.data;
  if (packet.size < 2 || data[1] != packet.size - 2) {
    say_byte(improv::kErrorState, improv::kInvalid);
    return;
  }
  switch (data[0]) {
    case improv::kSendWifi:
      handle_wifi(data + 2, data[1], now_ms);
      return;
    case improv::kRequestState: {
      say_byte(improv::kErrorState, improv::kNoError);
      say_state();
      const uint8_t no_address[] = {improv::kRequestState, 0};
      if (!is_trying_ && ports_.wifi.state() == WifiState::kConnected) {
        say(PacketFamily::kImprov, improv::kResult, no_address, sizeof no_address);
      }
      return;
    }
    case improv::kRequestInformation:
      say_byte(improv::kErrorState, improv::kNoError);
      say_device_information();
      return;
    default:
      say_byte(improv::kErrorState, improv::kUnknownCommand);
  }
}

void Provisioner::handle_wifi(const uint8_t* data, size_t size, uint64_t now_ms) {
  Settings wanted = ports_.store.settings();
  const bool is_good = handle_next(data, size, wanted.wifi_name) &&
                       handle_next(data, size, wanted.wifi_password) && size == 0 &&
                       wanted.has_wifi();
  if (!is_good) {
    say_byte(improv::kErrorState, improv::kInvalid);
    return;
  }
  // Addresses of the previous network are useless in another one, and in the same one
  // they may be why someone came with a cable.
  wanted.network = NetworkChoice();
  tried_ = wanted;
  is_trying_ = true;
  trying_since_ms_ = now_ms;
  ports_.wifi.join(tried_);
  say_byte(improv::kErrorState, improv::kNoError);
  say_byte(improv::kCurrentState, improv::kProvisioning);
}

void Provisioner::follow_join(uint64_t now_ms) {
  const WifiState state = ports_.wifi.state();
  const bool is_over = now_ms - trying_since_ms_ >= kJoinTimeoutMs;
  if (state != WifiState::kConnected && state != WifiState::kRefused && !is_over) return;
  // New output follows earlier output.
  if (sent_ < to_send_) return;
  is_trying_ = false;
  heard_ms_ = now_ms;
  if (state == WifiState::kConnected) {
    // A key stored meanwhile stays.
    Settings kept = ports_.store.settings();
    memcpy(kept.wifi_name, tried_.wifi_name, sizeof kept.wifi_name);
    memcpy(kept.wifi_password, tried_.wifi_password, sizeof kept.wifi_password);
    kept.network = tried_.network;
    tried_ = Settings();
    if (ports_.store.save(kept)) {
      const uint8_t no_address[] = {improv::kSendWifi, 0};
      say_byte(improv::kCurrentState, improv::kProvisioned);
      say(PacketFamily::kImprov, improv::kResult, no_address, sizeof no_address);
      return;
    }
  } else {
    tried_ = Settings();
  }
  // Back to the network from before, which may be none.
  ports_.wifi.join(ports_.store.settings());
  say_byte(improv::kErrorState, state == WifiState::kConnected
                                    ? improv::kUnknownError
                                    : improv::kUnableToConnect);
  say_byte(improv::kCurrentState, improv::kReady);
}

void Provisioner::handle_key(const uint8_t* data, size_t size) {
  constexpr size_t kFixed = kKeyBytes + kChallengeBytes;
  // A blank key is what memory holds that was never written.
  if (size < kFixed + 1 || is_blank(data, kKeyBytes)) {
    refuse(own::kMalformed);
    return;
  }
  Settings wanted = ports_.store.settings();
  const size_t name_size = data[kFixed];
  const uint8_t* const name = data + kFixed + 1;
  const bool is_named = name_size > 0;
  if (name_size != size - kFixed - 1 || (is_named && !is_host_label(name, name_size))) {
    refuse(own::kMalformed);
    return;
  }
  if (is_named) {
    memcpy(wanted.host_name, name, name_size);
    wanted.host_name[name_size] = 0;
  }
  memcpy(wanted.key, data, kKeyBytes);
  wanted.has_key = true;
  if (!ports_.store.save(wanted)) {
    refuse(own::kNotKept);
    return;
  }
  has_new_key_ = true;
  uint8_t proof[kHashBytes];
  compute_key_proof(ports_.store.settings().key, data + kKeyBytes, facts_.hardware_id,
                    proof);
  say(PacketFamily::kSignalbox, own::kKeyStored, proof, sizeof proof);
}

void Provisioner::say(PacketFamily family, uint8_t type, const uint8_t* data,
                      size_t size) {
  to_send_ += encode_serial_packet({family, type, data, size}, answer_ + to_send_);
}

void Provisioner::say_byte(uint8_t improv_type, uint8_t value) {
  say(PacketFamily::kImprov, improv_type, &value, 1);
}

void Provisioner::say_state() {
  const bool is_connected = ports_.wifi.state() == WifiState::kConnected;
  const uint8_t state = is_trying_     ? improv::kProvisioning
                        : is_connected ? improv::kProvisioned
                                       : improv::kReady;
  say_byte(improv::kCurrentState, state);
}

void Provisioner::say_device_information() {
  TextList list;
  list.byte(improv::kRequestInformation);
  list.byte(0);  // the bytes of the texts, known at the end
  const char* const host_name = ports_.store.settings().host_name;
  list.text("Signalbox");
  list.text(facts_.firmware_version);
  list.text(facts_.chip);
  list.text(host_name[0] != 0 ? host_name : facts_.hardware_id);
  list[1] = static_cast<uint8_t>(list.size() - 2);
  say(PacketFamily::kImprov, improv::kResult, list.data(), list.size());
}

void Provisioner::say_identity() {
  const Settings& settings = ports_.store.settings();
  const bool is_connected = ports_.wifi.state() == WifiState::kConnected;
  uint8_t address[4] = {};
  if (is_connected) ports_.wifi.address(address);
  TextList list;
  list.byte(static_cast<uint8_t>((settings.has_wifi() ? own::kHasWifi : 0) |
                                 (settings.has_key ? own::kHasKey : 0) |
                                 (is_connected ? own::kIsConnected : 0)));
  list.byte(static_cast<uint8_t>(facts_.port >> 8));
  list.byte(static_cast<uint8_t>(facts_.port));
  list.bytes(address, sizeof address);
  list.text(facts_.hardware_id);
  list.text(facts_.model);
  list.text(facts_.firmware_version);
  list.text(settings.host_name);
  say(PacketFamily::kSignalbox, own::kIdentity, list.data(), list.size());
}

void Provisioner::refuse(uint8_t reason) {
  say(PacketFamily::kSignalbox, own::kRefused, &reason, 1);
}

}  // namespace signalbox
