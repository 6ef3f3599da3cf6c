// docs/provisioning.md, the unit's side.
#include <doctest/doctest.h>

#include "tests/fake_provisioning.h"
#include "tests/vectors.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr auto kImprov = PacketFamily::kImprov;
constexpr auto kOwn = PacketFamily::kSignalbox;

Bytes wifi_command(const std::string& name, const std::string& password) {
  Bytes data = {1, static_cast<uint8_t>(name.size() + password.size() + 2),
                static_cast<uint8_t>(name.size())};
  data.insert(data.end(), name.begin(), name.end());
  data.push_back(static_cast<uint8_t>(password.size()));
  data.insert(data.end(), password.begin(), password.end());
  return data;
}

Bytes key_request(uint8_t key, const std::string& name) {
  Bytes data(kKeyBytes, key);
  data.insert(data.end(), kChallengeBytes, 0xC4);
  data.push_back(static_cast<uint8_t>(name.size()));
  data.insert(data.end(), name.begin(), name.end());
  return data;
}

// "I01:03 I04:0100": families, types and data, one after the other.
std::string said(ProvisioningFixture& fixture) {
  fixture.settle();
  std::string words;
  for (const auto& one : fixture.heard()) {
    words += words.empty() ? "" : " ";
    words += one.family == kImprov ? "I" : "S";
    words += to_hex(&one.type, 1) + ":" + to_hex(one.data.data(), one.data.size());
  }
  return words;
}

std::string proof_of(uint8_t byte) {
  uint8_t key[kKeyBytes], challenge[kChallengeBytes], proof[kHashBytes];
  memset(key, byte, sizeof key);
  memset(challenge, 0xC4, sizeof challenge);
  compute_key_proof(key, challenge, "lamp-4f2a91", proof);
  return to_hex(proof, sizeof proof);
}

void provision(ProvisioningFixture& fixture) {
  Settings settings;
  strcpy(settings.wifi_name, "home");
  strcpy(settings.wifi_password, "secret");
  memset(settings.key, 9, sizeof settings.key);
  settings.has_key = true;
  REQUIRE(fixture.store.save(settings));
}

}  // namespace

TEST_CASE("the conversation of the vectors") {
  ProvisioningFixture fixture;
  for (const Vector& turn : load_vectors("provisioning.json").objects("conversation")) {
    CAPTURE(turn.text("name"));
    fixture.feed(turn.bytes("says"));
    fixture.settle();
    if (fixture.provisioner.is_trying()) {
      fixture.wifi.now = WifiState::kConnected;
      fixture.settle();
    }
    CHECK(to_hex(fixture.serial.sent.data(), fixture.serial.sent.size()) ==
          turn.text("hears"));
    fixture.serial.sent.clear();
  }
  CHECK(fixture.provisioner.wants_restart());
}

TEST_CASE("a network is kept once the unit is in it") {
  ProvisioningFixture fixture;
  fixture.feed(kImprov, 3, wifi_command("home", "secret"));
  CHECK(said(fixture) == "I02:00 I01:03");
  CHECK(fixture.wifi.joined == std::vector<std::string>{"home:secret"});
  CHECK_FALSE(fixture.store.settings().has_wifi());
  fixture.feed(kImprov, 3, {2, 0});
  CHECK(said(fixture) == "I02:00 I01:03");
  fixture.wifi.now = WifiState::kConnected;
  CHECK(said(fixture) == "I01:04 I04:0100");
  CHECK(std::string(fixture.store.settings().wifi_name) == "home");
  CHECK(std::string(fixture.store.settings().wifi_password) == "secret");
  CHECK_FALSE(fixture.provisioner.wants_restart());
}

TEST_CASE("a network that refuses the unit leaves the previous one") {
  for (const bool is_reported : {true, false}) {
    ProvisioningFixture fixture;
    provision(fixture);
    fixture.feed(kImprov, 3, wifi_command("other", "guess"));
    CHECK(said(fixture) == "I02:00 I01:03");
    if (is_reported) {
      fixture.wifi.now = WifiState::kRefused;
    } else {
      fixture.now_ms += Provisioner::kJoinTimeoutMs - 1;
      CHECK(said(fixture) == "");
      fixture.now_ms += 1;
    }
    CHECK(said(fixture) == "I02:03 I01:02");
    CHECK(fixture.wifi.joined == std::vector<std::string>{"other:guess", "home:secret"});
    CHECK(std::string(fixture.store.settings().wifi_name) == "home");
    CHECK_FALSE(fixture.provisioner.is_trying());
  }
}

TEST_CASE(
    "another network is joined, and kept, without the addresses of the one before") {
  ProvisioningFixture fixture;
  provision(fixture);
  const NetworkChoice choice = {{0xC0000209, 0xFFFFFF00, 0xC0000201},
                                {{0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE}}};
  REQUIRE(fixture.store.keep_network(choice));
  // One that lets nobody in changes nothing.
  fixture.feed(kImprov, 3, wifi_command("other", "guess"));
  CHECK(said(fixture) == "I02:00 I01:03");
  CHECK(fixture.wifi.choice.is_default());
  fixture.wifi.now = WifiState::kRefused;
  CHECK(said(fixture) == "I02:03 I01:02");
  CHECK(fixture.wifi.choice == choice);
  CHECK(fixture.store.settings().network == choice);
  // Also when it is the one from before: it may be why somebody came.
  fixture.feed(kImprov, 3, wifi_command("home", "secret"));
  CHECK(said(fixture) == "I02:00 I01:03");
  fixture.wifi.now = WifiState::kConnected;
  CHECK(said(fixture) == "I01:04 I04:0100");
  CHECK(fixture.wifi.choice.is_default());
  SettingsStore again(fixture.flash);
  again.load();
  CHECK(again.settings().network.is_default());
  CHECK(again.settings().has_key);
}

TEST_CASE("a network that cannot be kept is not pretended to be") {
  ProvisioningFixture fixture;
  fixture.feed(kImprov, 3, wifi_command("home", "secret"));
  (void)said(fixture);
  fixture.flash.broken = true;
  fixture.wifi.now = WifiState::kConnected;
  CHECK(said(fixture) == "I02:ff I01:02");
  CHECK(fixture.wifi.joined.back() == ":");
}

TEST_CASE("an open network has no password, and the longest texts are accepted") {
  ProvisioningFixture fixture;
  fixture.feed(kImprov, 3, wifi_command("open", ""));
  CHECK(said(fixture) == "I02:00 I01:03");
  fixture.feed(kImprov, 3, wifi_command(std::string(32, 'n'), std::string(64, 'p')));
  CHECK(said(fixture) == "I02:00 I01:03");
  CHECK(fixture.wifi.joined.back() == std::string(32, 'n') + ":" + std::string(64, 'p'));
}

TEST_CASE("malformed Improv commands are reported as such and do nothing") {
  const Bytes malformed[] = {
      {},
      {1},
      {1, 1},
      {2, 1},
      {1, 0},
      {1, 2, 0, 0},          // no name
      {1, 3, 1, 'n', 1},     // a password that is not there
      {1, 4, 1, 'n', 0, 7},  // and one byte more
      {1, 4, 1, 0, 1, 'p'},  // a zero in the name
      wifi_command(std::string(33, 'n'), "p"),
      wifi_command("n", std::string(65, 'p')),
      {1, 255, 1, 'n', 0},
  };
  for (const Bytes& data : malformed) {
    ProvisioningFixture fixture;
    CAPTURE(to_hex(data.data(), data.size()));
    fixture.feed(kImprov, 3, data);
    CHECK(said(fixture) == "I02:01");
    CHECK(fixture.wifi.joined.empty());
  }
  ProvisioningFixture fixture;
  fixture.feed(kImprov, 3, {4, 0});
  CHECK(said(fixture) == "I02:02");
  // What only devices say is not answered: it may be this one's own, come back.
  for (const int type : {1, 2, 4}) {
    fixture.feed(kImprov, static_cast<uint8_t>(type), {2, 0});
  }
  CHECK(said(fixture) == "");
}

TEST_CASE("the unit says what it is") {
  ProvisioningFixture fixture;
  fixture.feed(kImprov, 3, {3, 0});
  fixture.settle();
  const auto heard = fixture.heard();
  REQUIRE(heard.size() == 2);
  CHECK(std::string(heard[1].data.begin() + 2, heard[1].data.end()) ==
        "\x09Signalbox\x05"
        "0.1.0\x07"
        "ESP8266\x0Blamp-4f2a91");
  fixture.feed(kOwn, 1, {});
  CHECK(said(fixture) ==
        "S81:0022b800000000"
        "0b6c616d702d346632613931"
        "087267622d6c616d70"
        "05302e312e30"
        "00");
  provision(fixture);
  fixture.wifi.now = WifiState::kConnected;
  fixture.feed(kOwn, 1, {});
  CHECK(said(fixture).substr(0, 18) == "S81:0722b8c0000207");
}

TEST_CASE("a key is kept and proven, and counts after a restart") {
  ProvisioningFixture fixture;
  fixture.feed(kOwn, 2, key_request(7, "desk"));
  CHECK(said(fixture) == "S82:" + proof_of(7));
  CHECK(fixture.provisioner.wants_restart());
  SettingsStore again(fixture.flash);
  again.load();
  CHECK(again.settings().has_key);
  CHECK(again.settings().key[31] == 7);
  CHECK(std::string(again.settings().host_name) == "desk");
  // Without a name the one there is stays.
  fixture.feed(kOwn, 2, key_request(8, ""));
  CHECK(said(fixture) == "S82:" + proof_of(8));
  CHECK(std::string(fixture.store.settings().host_name) == "desk");
}

TEST_CASE("the restart waits until the proof has left") {
  ProvisioningFixture fixture;
  fixture.serial.room = 10;
  fixture.feed(kOwn, 2, key_request(7, ""));
  fixture.settle();
  CHECK_FALSE(fixture.provisioner.wants_restart());
  fixture.serial.room = SIZE_MAX;
  CHECK(said(fixture) == "S82:" + proof_of(7));
  CHECK(fixture.provisioner.wants_restart());
}

TEST_CASE("a key while a network is being tried stays when the network is kept") {
  ProvisioningFixture fixture;
  fixture.feed(kImprov, 3, wifi_command("home", "secret"));
  (void)said(fixture);
  fixture.feed(kOwn, 2, key_request(7, "desk"));
  CHECK(said(fixture) == "S82:" + proof_of(7));
  fixture.wifi.now = WifiState::kConnected;
  CHECK(said(fixture) == "I01:04 I04:0100");
  CHECK(fixture.store.settings().has_key);
  CHECK(fixture.store.settings().has_wifi());
}

TEST_CASE("what is no key is refused and not kept") {
  Bytes too_long = key_request(7, "desk");
  too_long.push_back('x');
  Bytes cut = key_request(7, "desk");
  cut.pop_back();
  const Bytes wrong[] = {
      {},
      Bytes(48, 1),
      key_request(0, "desk"),
      key_request(7, "-desk"),
      too_long,
      cut,
      key_request(7, std::string(33, 'd')),
  };
  for (const Bytes& data : wrong) {
    ProvisioningFixture fixture;
    CAPTURE(to_hex(data.data(), data.size()));
    fixture.feed(kOwn, 2, data);
    CHECK(said(fixture) == "S8f:01");
    CHECK_FALSE(fixture.store.settings().has_key);
    CHECK_FALSE(fixture.provisioner.wants_restart());
  }
  ProvisioningFixture fixture;
  fixture.feed(kOwn, 3, {});
  CHECK(said(fixture) == "S8f:02");
  fixture.feed(kOwn, 0x82, {});
  CHECK(said(fixture) == "");
  fixture.flash.broken = true;
  fixture.feed(kOwn, 2, key_request(7, ""));
  CHECK(said(fixture) == "S8f:03");
  CHECK_FALSE(fixture.provisioner.wants_restart());
}

TEST_CASE("with a key, requests are accepted only for a minute after a restart by hand") {
  ProvisioningFixture fixture;
  provision(fixture);
  fixture.now_ms = Provisioner::kWindowMs - 1;
  fixture.feed(kImprov, 3, {4, 0});
  CHECK(said(fixture) == "I02:02");
  // A request is a sign that somebody is there.
  fixture.now_ms += Provisioner::kWindowMs - 1;
  fixture.feed(kImprov, 3, {4, 0});
  CHECK(said(fixture) == "I02:02");
  fixture.now_ms += Provisioner::kWindowMs;
  CHECK_FALSE(fixture.provisioner.is_open(fixture.now_ms));
  fixture.feed(kOwn, 2, key_request(7, ""));
  CHECK(said(fixture) == "");
  CHECK(fixture.serial.received.size() > 0);  // it is the UART service's

  ProvisioningFixture restarted(false);
  provision(restarted);
  restarted.feed(kOwn, 2, key_request(7, ""));
  CHECK(said(restarted) == "");
  CHECK(restarted.store.settings().key[0] == 9);
}

TEST_CASE("without a key the line is open whatever the time and the reason of the boot") {
  ProvisioningFixture fixture(false);
  fixture.now_ms = 86400000;
  fixture.feed(kOwn, 2, key_request(7, ""));
  CHECK(said(fixture) == "S82:" + proof_of(7));
}

TEST_CASE("a unit that needs no key is open as long as it has no network") {
  ProvisioningFixture fixture(false, false);
  fixture.now_ms = 86400000;
  CHECK(fixture.provisioner.is_open(fixture.now_ms));
  Settings settings;
  strcpy(settings.wifi_name, "home");
  REQUIRE(fixture.store.save(settings));
  CHECK_FALSE(fixture.provisioner.is_open(fixture.now_ms));
}

TEST_CASE("noise does not keep the window open") {
  ProvisioningFixture fixture;
  provision(fixture);
  for (; fixture.now_ms < Provisioner::kWindowMs; fixture.now_ms += 100) {
    fixture.feed({'I', 'M', 'P', 0xFF, 'S', 'I', 'G'});
    fixture.settle();
  }
  CHECK_FALSE(fixture.provisioner.is_open(fixture.now_ms));
}

TEST_CASE("one request is answered before the next is read") {
  ProvisioningFixture fixture;
  fixture.serial.room = 0;
  for (int i = 0; i < 50; ++i) fixture.feed(kOwn, 1, {});
  fixture.settle();
  CHECK(fixture.serial.received.size() > 49 * kPacketOverhead);
  fixture.serial.room = SIZE_MAX;
  for (int i = 0; i < 50; ++i) fixture.settle();
  CHECK(fixture.heard().size() == 50);
}
