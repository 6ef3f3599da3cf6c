// The relay's core with the smallest board imaginable, linked to measure its size.
#include "lx106/simulator.h"
#include "tests/fake_board.h"
#include "tests/fake_security.h"
#include "units/relay_unit.h"

namespace {

using namespace signalbox;

constexpr UnitIdentity kIdentity = {"relay", RelayUnit::kModel,     "0",
                                    1,       ResetReason::kPowerOn, RelayUnit::kPolicy};

test::FakeBoard board;
test::FakeRelay port;
test::FakeSecurity security;
const uint8_t key[kKeyBytes] = {1};
RelayUnit unit_of_stock(kIdentity, board.ports, port, RelaySettings(),
                        LinkProtection::encrypted(key, security));

}  // namespace

int main_program() { return unit_of_stock.unit.poll(0) == 0 ? 1 : 0; }
