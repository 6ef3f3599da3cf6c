// The core of a thermometer with a BME280, the largest of its drivers, and the smallest
// board imaginable, linked to measure its size.
#include "lx106/simulator.h"
#include "tests/fake_board.h"
#include "tests/fake_security.h"
#include "units/drivers/bme280.h"
#include "units/thermometer_unit.h"

namespace {

using namespace signalbox;

constexpr UnitIdentity kIdentity = {
    "climate", ThermometerUnit::kModel, "0",
    1,         ResetReason::kPowerOn,   ThermometerUnit::kPolicy};

struct NoChip final : I2cPort {
  bool write(uint8_t, uint8_t, uint8_t) override { return false; }
  bool read(uint8_t, uint8_t, uint8_t*, size_t) override { return false; }
};

test::FakeBoard board;
NoChip i2c;
Bme280 driver(i2c);
test::FakeSecurity security;
const uint8_t key[kKeyBytes] = {1};
ThermometerUnit unit_of_stock(kIdentity, board.ports, driver, 5000,
                              LinkProtection::encrypted(key, security));

}  // namespace

int main_program() { return unit_of_stock.unit.poll(0) == 0 ? 1 : 0; }
