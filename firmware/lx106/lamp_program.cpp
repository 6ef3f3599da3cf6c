// The lamp's core with the smallest board imaginable, linked to measure its size.
#include "lx106/simulator.h"
#include "tests/fake_board.h"
#include "tests/fake_security.h"
#include "units/lamp_unit.h"

namespace {

using namespace signalbox;

constexpr UnitIdentity kIdentity = {"lamp", LampUnit::kModel,      "0",
                                    1,      ResetReason::kPowerOn, LampUnit::kPolicy};

test::FakeBoard board;
test::FakeLamp port;
test::FakeSecurity security;
const uint8_t key[kKeyBytes] = {1};

}  // namespace

// Not in the anonymous namespace: the script reads its size.
signalbox::LampUnit lamp_unit(kIdentity, board.ports, port, {},
                              LinkProtection::encrypted(key, security));

int main_program() { return lamp_unit.unit.poll(0) == 0 ? 1 : 0; }
