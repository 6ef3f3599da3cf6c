#include "units/board/network_change.h"

#include "tests/rig.h"

using namespace signalbox;
using namespace signalbox::test;

namespace {

struct Greeted : LightRig {
  Greeted() { rig.greet(base); }
  Status change(const char* ip, const char* netmask, const char* gateway) {
    Envelope request = invoke(2, NetworkChange::kNetworkSet);
    for (const char* address : {ip, netmask, gateway}) {
      request = with_argument(request, text(address));
    }
    return status_of(rig.ask(*peer, request));
  }
  Status change() { return change("192.0.2.9", "255.255.255.0", "192.0.2.1"); }
  std::string state() {
    Value value = {};
    CHECK(unit.board.network_change.read(NetworkChange::kNetworkChange, 0, value) ==
          Status::kOk);
    return value.kind.text;
  }
  Base base;
  Base* peer = &base;  // who asks
};

}  // namespace

TEST_CASE("another address is taken after the answer, and kept when a base comes by it") {
  Greeted unit;
  CHECK(unit.state() == "none");
  CHECK(unit.change() == Status::kAccepted);
  unit.rig.pass(499);
  CHECK(unit.network.uses == 0);
  unit.rig.pass(1);
  CHECK(unit.network.used.ip == 0xC0000209);
  CHECK(unit.network.used.netmask == 0xFFFFFF00);
  CHECK(unit.network.used.gateway == 0xC0000201);
  CHECK(unit.state() == "on trial");
  Base back;
  unit.rig.greet(back);
  unit.rig.pass(1);
  CHECK(unit.state() == "kept");
  unit.rig.pass(70000);
  CHECK(unit.network.uses == 1);
}

TEST_CASE("an address that no base comes by is given up after a minute") {
  Greeted unit;
  (void)unit.change();
  unit.rig.pass(500);
  // What is said on the connection of before proves nothing.
  unit.rig.pass(30000);
  CHECK(unit.rig.ask(unit.base, read(3, NetworkFacts::kMac)).values_count == 1);
  // Nor does who connects and says no hello.
  Base stranger;
  unit.rig.connect(stranger);
  unit.rig.pass(29999);
  CHECK(unit.state() == "on trial");
  unit.rig.pass(1);
  CHECK(unit.state() == "reverted");
  CHECK(unit.network.uses == 2);
  CHECK(unit.network.used.is_dynamic());
}

TEST_CASE("what was kept is what a later change goes back to") {
  Greeted unit;
  (void)unit.change();
  unit.rig.pass(500);
  Base back;
  unit.rig.greet(back);
  unit.rig.pass(1);
  unit.peer = &back;
  CHECK(unit.change("192.0.2.77", "255.255.255.0", "192.0.2.1") == Status::kAccepted);
  unit.rig.pass(60500);
  CHECK(unit.state() == "reverted");
  CHECK(unit.network.used.ip == 0xC0000209);
}

TEST_CASE("an address that the network does not take is given up at once") {
  Greeted unit;
  unit.network.can_use = false;
  (void)unit.change();
  unit.rig.pass(500);
  CHECK(unit.state() == "reverted");
  CHECK(unit.network.used.is_dynamic());
}

TEST_CASE("one change at a time") {
  Greeted unit;
  CHECK(unit.change() == Status::kAccepted);
  CHECK(unit.change() == Status::kBusy);
  unit.rig.pass(500);
  CHECK(unit.change() == Status::kBusy);
  unit.rig.pass(60000);
  unit.base.link.renew();
  unit.rig.greet(unit.base);
  CHECK(unit.change("0.0.0.0", "0.0.0.0", "0.0.0.0") == Status::kAccepted);
}

TEST_CASE("the way of a change is told by a property") {
  Greeted unit;
  unit.base.send(subscribe(5, NetworkChange::kNetworkChange));
  unit.rig.settle();
  unit.base.heard();
  Envelope request = invoke(2, NetworkChange::kNetworkSet);
  for (const char* address : {"10.0.0.9", "255.0.0.0", "10.0.0.1"}) {
    request = with_argument(request, text(address));
  }
  unit.base.send(request);
  unit.rig.settle();
  CHECK(unit.base.heard().size() == 2);  // the answer, and that it begins
  unit.rig.pass(500);
  CHECK(std::string(unit.base.report().values[0].value.kind.text) == "on trial");
}

TEST_CASE("addresses that no host can have are refused") {
  Greeted unit;
  const char* const wrong[][3] = {
      {"192.0.2.9", "255.255.255.0", "192.0.3.1"},    // a gateway out of reach
      {"192.0.2.0", "255.255.255.0", "192.0.2.1"},    // the network's own
      {"192.0.2.255", "255.255.255.0", "192.0.2.1"},  // everybody's
      {"192.0.2.9", "255.255.0.255", "192.0.2.1"},    // no netmask
      {"192.0.2.9", "255.255.255.254", "192.0.2.8"},  // without room for a host
      {"192.0.2.9", "0.0.0.0", "192.0.2.1"},
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
  unit.rig.pass(1000);
  CHECK(unit.network.uses == 0);
}
