#include "units/board/network_change.h"

#include "tests/fixture.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

constexpr NetworkAddresses kFixed = {0xC0000209, 0xFFFFFF00, 0xC0000201};
constexpr MacAddress kOtherMac = {{0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE}};

// A unit with a base, whose flash remembers `kept`.
struct Connected : LightFixture {
  explicit Connected(const NetworkChoice& kept = {}) {
    REQUIRE(store.keep_network(kept));
    network.used = kept;
    fixture.say_hello(base);
  }
  Status change(const char* ip, const char* netmask, const char* gateway) {
    Envelope request = invoke(2, NetworkChange::kNetworkSet);
    for (const char* address : {ip, netmask, gateway}) {
      request = with_argument(request, text(address));
    }
    return status_of(fixture.call(*peer, request));
  }
  Status change() { return change("192.0.2.9", "255.255.255.0", "192.0.2.1"); }
  Status change_to_dhcp() { return change("0.0.0.0", "0.0.0.0", "0.0.0.0"); }
  Status change_mac(const char* mac) {
    return status_of(
        fixture.call(*peer, with_argument(invoke(2, NetworkChange::kMacSet), text(mac))));
  }
  // The trial begins, and a base comes.
  void be_reached() {
    fixture.pass(NetworkChange::kBeginAfterMs);
    REQUIRE(state() == "on trial");
    peer->link.renew();
    fixture.say_hello(*peer);
    fixture.pass(1);
  }
  std::string state() {
    Value value = {};
    CHECK(unit.board.network_change.read(NetworkChange::kNetworkChange, 0, value) ==
          Status::kOk);
    return value.kind.text;
  }
  std::string ip_mode() {
    Value value = {};
    CHECK(unit.board.network.read(NetworkFacts::kIpMode, 0, value) == Status::kOk);
    return value.kind.text;
  }
  // What the next boot finds.
  NetworkChoice remembered() {
    SettingsStore again(flash);
    again.load();
    return again.settings().network;
  }
  Base base;
  Base* peer = &base;  // who asks
};

}  // namespace

TEST_CASE(
    "another address is applied after the answer, and kept when a base connects at it") {
  Connected unit;
  CHECK(unit.state() == "none");
  CHECK(unit.ip_mode() == "dhcp");
  CHECK(unit.change() == Status::kAccepted);
  unit.fixture.pass(599);
  CHECK(unit.network.uses == 0);
  unit.fixture.pass(1);
  CHECK(unit.network.used.addresses == kFixed);
  CHECK(unit.network.used.mac.is_own());
  CHECK(unit.state() == "on trial");
  CHECK(unit.remembered().is_default());
  Base back;
  unit.fixture.say_hello(back);
  unit.fixture.pass(1);
  CHECK(unit.state() == "kept");
  CHECK(unit.ip_mode() == "fixed");
  CHECK(unit.remembered().addresses == kFixed);
  unit.fixture.pass(70000);
  CHECK(unit.network.uses == 1);
}

TEST_CASE("who is connected gets a goodbye before the address goes") {
  Connected unit;
  (void)unit.change();
  unit.fixture.pass(499);
  CHECK_FALSE(unit.base.link.was_closed());
  unit.fixture.pass(1);
  CHECK(unit.base.link.was_closed());
  const std::vector<Envelope> said = unit.base.heard();
  REQUIRE(said.size() == 1);
  CHECK(said[0].body.goodbye.reason ==
        signalbox_unitlink_v1_GoodbyeReason_GOODBYE_REASON_DONE);
  CHECK(unit.network.uses == 0);
  // Who comes back before that has not come by the new one.
  Base early;
  unit.fixture.say_hello(early);
  unit.fixture.pass(100);
  CHECK(early.link.was_closed());
  unit.fixture.pass(1000);
  CHECK(unit.state() == "on trial");
}

TEST_CASE("another MAC address goes the same way") {
  Connected unit({kFixed, {}});
  CHECK(unit.change_mac("02:aa:bb:CC:DD:ee") == Status::kAccepted);
  unit.fixture.pass(600);
  CHECK(unit.network.used.mac == kOtherMac);
  CHECK(unit.network.used.addresses == kFixed);
  unit.fixture.pass(60000);
  CHECK(unit.state() == "reverted");
  CHECK(unit.network.used.mac.is_own());
  CHECK(unit.remembered() == NetworkChoice{kFixed, {}});

  unit.base.link.renew();
  unit.fixture.say_hello(unit.base);
  CHECK(unit.change_mac("02:aa:bb:CC:DD:ee") == Status::kAccepted);
  CHECK(unit.change() == Status::kBusy);
  unit.be_reached();
  CHECK(unit.state() == "kept");
  CHECK(unit.remembered() == NetworkChoice{kFixed, kOtherMac});
}

TEST_CASE("zeros are the way back to DHCP, and to the radio's own MAC address") {
  Connected unit({kFixed, kOtherMac});
  CHECK(unit.state() == "none");
  CHECK(unit.change_to_dhcp() == Status::kAccepted);
  unit.be_reached();
  CHECK(unit.network.used == NetworkChoice{{}, kOtherMac});
  CHECK(unit.remembered() == NetworkChoice{{}, kOtherMac});
  CHECK(unit.change_mac("00:00:00:00:00:00") == Status::kAccepted);
  unit.be_reached();
  CHECK(unit.network.used.is_default());
  CHECK(unit.remembered().is_default());
}

TEST_CASE("the flash is written when something is kept that it does not hold") {
  Connected unit({kFixed, {}});
  const int before = unit.flash.erasures;
  CHECK(unit.change() == Status::kAccepted);
  unit.be_reached();
  CHECK(unit.state() == "kept");
  CHECK(unit.flash.erasures == before);
  CHECK(unit.change_to_dhcp() == Status::kAccepted);
  unit.fixture.pass(61000);
  CHECK(unit.state() == "reverted");
  CHECK(unit.flash.erasures == before);
}

TEST_CASE("a flash failure is reported") {
  Connected unit;
  unit.flash.broken = true;
  CHECK(unit.change() == Status::kAccepted);
  unit.be_reached();
  CHECK(unit.state() == "until restart");
  CHECK(unit.network.used.addresses == kFixed);
}

TEST_CASE(
    "a boot that leaves out what was kept says so, and a change starts from there") {
  Connected unit({kFixed, kOtherMac});
  unit.network.used = {};
  CHECK(unit.state() == "fallback");
  CHECK(unit.ip_mode() == "dhcp");
  CHECK(unit.change("192.0.2.77", "255.255.255.0", "192.0.2.1") == Status::kAccepted);
  unit.fixture.pass(60600);
  CHECK(unit.network.used.is_default());
  CHECK(unit.remembered() == NetworkChoice{kFixed, kOtherMac});
  unit.base.link.renew();
  unit.fixture.say_hello(unit.base);
  // What has been proven takes the place of what was not.
  CHECK(unit.change_to_dhcp() == Status::kAccepted);
  unit.be_reached();
  CHECK(unit.remembered().is_default());
}

TEST_CASE("a trial gives way to another Wi-Fi network") {
  for (const uint64_t after_ms : {0, 550, 30000}) {
    Connected unit;
    (void)unit.change();
    unit.fixture.pass(after_ms);
    unit.network.used = {};  // as the radio does that joins another
    const int uses = unit.network.uses;
    unit.unit.board.network_change.give_way();
    CHECK(unit.state() == "reverted");
    Base back;
    unit.fixture.say_hello(back);
    unit.fixture.pass(70000);
    CHECK(unit.network.uses == uses);
    CHECK(unit.remembered().is_default());
  }
  Connected idle;
  idle.unit.board.network_change.give_way();
  CHECK(idle.state() == "none");
}

TEST_CASE("a trial can be a shorter one") {
  Connected unit;
  unit.unit.board.network_change.shorten_trial(2000);
  (void)unit.change();
  unit.fixture.pass(2599);
  CHECK(unit.state() == "on trial");
  unit.fixture.pass(1);
  CHECK(unit.state() == "reverted");
}

TEST_CASE("an address at which no base connects is reverted after a minute") {
  Connected unit;
  (void)unit.change();
  unit.fixture.pass(600);
  // Who connects and says no hello proves nothing.
  unit.fixture.pass(30000);
  Base unauthenticated;
  unit.fixture.connect(unauthenticated);
  unit.fixture.pass(29999);
  CHECK(unit.state() == "on trial");
  unit.fixture.pass(1);
  CHECK(unit.state() == "reverted");
  CHECK(unit.network.uses == 2);
  CHECK(unit.network.used.is_default());
}

TEST_CASE("what was kept is what a later change goes back to") {
  Connected unit;
  (void)unit.change();
  unit.be_reached();
  CHECK(unit.change("192.0.2.77", "255.255.255.0", "192.0.2.1") == Status::kAccepted);
  unit.fixture.pass(60600);
  CHECK(unit.state() == "reverted");
  CHECK(unit.network.used.addresses == kFixed);
  CHECK(unit.remembered().addresses == kFixed);
}

TEST_CASE("an address that the network refuses is reverted at once") {
  Connected unit;
  unit.network.can_use = false;
  (void)unit.change();
  unit.fixture.pass(600);
  CHECK(unit.state() == "reverted");
  CHECK(unit.network.used.is_default());
}

TEST_CASE("one change at a time") {
  Connected unit;
  CHECK(unit.change() == Status::kAccepted);
  CHECK(unit.change() == Status::kBusy);
  CHECK(unit.change_mac("02:00:00:00:00:01") == Status::kBusy);
  unit.fixture.pass(30000);
  unit.base.link.renew();
  CHECK(unit.state() == "on trial");
  unit.fixture.pass(30600);
  unit.fixture.say_hello(unit.base);
  CHECK(unit.change_to_dhcp() == Status::kAccepted);
}

TEST_CASE("a property reports the progress of a change") {
  Connected unit;
  unit.base.send(subscribe(5, NetworkChange::kNetworkChange));
  unit.fixture.settle();
  unit.base.heard();
  Envelope request = invoke(2, NetworkChange::kNetworkSet);
  for (const char* address : {"10.0.0.9", "255.0.0.0", "10.0.0.1"}) {
    request = with_argument(request, text(address));
  }
  unit.base.send(request);
  unit.fixture.settle();
  const std::vector<Envelope> said = unit.base.heard();
  REQUIRE(said.size() == 2);  // the answer, and that it begins
  CHECK(std::string(said[1].body.report.values[0].value.kind.text) == "begins");
  // Whoever comes by the new address hears the rest.
  unit.fixture.pass(600);
  unit.base.link.renew();
  unit.fixture.say_hello(unit.base);
  unit.fixture.pass(1);
  unit.base.send(subscribe(2, NetworkChange::kNetworkChange));
  unit.fixture.settle();
  const std::vector<Envelope> after = unit.base.heard();
  REQUIRE(after.size() == 2);
  CHECK(std::string(after[1].body.report.values[0].value.kind.text) == "kept");
}

TEST_CASE("addresses that no host can have are refused") {
  Connected unit;
  const char* const wrong[][3] = {
      {"192.0.2.9", "255.255.255.0", "192.0.3.1"},    // a gateway out of reach
      {"192.0.2.0", "255.255.255.0", "192.0.2.1"},    // the network's own
      {"192.0.2.255", "255.255.255.0", "192.0.2.1"},  // everybody's
      {"192.0.2.9", "255.255.0.255", "192.0.2.1"},    // no netmask
      {"192.0.2.9", "255.255.255.254", "192.0.2.8"},  // without room for a host
      {"192.0.2.9", "0.0.0.0", "192.0.2.1"},
      {"10.0.0.9", "254.0.0.0", "10.0.0.1"},  // wider than any network
      {"224.0.0.9", "255.255.255.0", "224.0.0.1"},
      {"0.0.2.9", "255.255.255.0", "0.0.2.1"},
      {"192.0.2", "255.255.255.0", "192.0.2.1"},
      {"192.0.2.9.", "255.255.255.0", "192.0.2.1"},
      {"192.0.2.256", "255.255.255.0", "192.0.2.1"},
      {"192.0.2.0009", "255.255.255.0", "192.0.2.1"},
      {"a.b.c.d", "255.255.255.0", "192.0.2.1"},
      {"", "", ""},
  };
  for (const auto& addresses : wrong) {
    CHECK(unit.change(addresses[0], addresses[1], addresses[2]) == Status::kOutOfRange);
  }
  unit.fixture.pass(1000);
  CHECK(unit.network.uses == 0);
}

TEST_CASE("MAC addresses that are not the owner's to give are refused") {
  Connected unit;
  const char* const wrong[] = {
      "00:11:22:33:44:55",  // a maker's
      "03:11:22:33:44:55",  // of many stations
      "01:00:00:00:00:00", "FF:FF:FF:FF:FF:FF", "02:11:22:33:44", "02:11:22:33:44:5",
      "02:11:22:33:44:5G", "02-11-22-33-44-55", "021122334455",   "",
  };
  for (const char* mac : wrong) {
    CAPTURE(mac);
    CHECK(unit.change_mac(mac) == Status::kOutOfRange);
  }
  unit.fixture.pass(1000);
  CHECK(unit.network.uses == 0);
  for (const char* mac : {"02:11:22:33:44:55", "fe:11:22:33:44:55"}) {
    Connected other;
    CHECK(other.change_mac(mac) == Status::kAccepted);
  }
}
