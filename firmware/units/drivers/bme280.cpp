#include "units/drivers/bme280.h"

namespace signalbox {
namespace {

// By the level of the pin SDO.
constexpr uint8_t kAddresses[] = {0x76, 0x77};

constexpr uint8_t kRegisterCalibrationLow = 0x88;
constexpr uint8_t kRegisterId = 0xD0;
constexpr uint8_t kRegisterCalibrationHigh = 0xE1;
constexpr uint8_t kRegisterControlHumidity = 0xF2;
constexpr uint8_t kRegisterStatus = 0xF3;
constexpr uint8_t kRegisterControlMeasure = 0xF4;
constexpr uint8_t kRegisterData = 0xF7;
constexpr size_t kLowBytes = 26;
constexpr size_t kHighBytes = 7;
constexpr size_t kDataBytes = 8;

constexpr uint8_t kIdOfBme280 = 0x60;
constexpr uint8_t kOversamplingOne = 0x01;
// Temperature once, pressure once, forced: one measurement, then sleep, which warms the
// chip least ("weather monitoring", section 3.5.1).
constexpr uint8_t kMeasureOnce = 0x25;
constexpr uint8_t kStatusMeasuring = 0x08;

// Section 9.1: at most 9.3 ms with oversampling 1 of all three.
constexpr uint32_t kMeasureMs = 11;
constexpr uint32_t kRetryMs = 2;
constexpr uint32_t kMaxMeasureMs = 100;

// What a register holds when its quantity was not measured.
constexpr int32_t kSkipped20 = 0x80000;
constexpr int32_t kSkipped16 = 0x8000;

constexpr int32_t kLeastCelsiusHundredth = -4000;
constexpr int32_t kMaxCelsiusHundredth = 8500;

uint16_t unsigned_at(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[1] << 8 | bytes[0]);
}

int16_t signed_at(const uint8_t* bytes) {
  return static_cast<int16_t>(unsigned_at(bytes));
}

// 12 bits with a sign.
int16_t signed_12(unsigned bits) {
  return static_cast<int16_t>(static_cast<int>(bits) - ((bits & 0x800) != 0 ? 4096 : 0));
}

// The data sheet shifts negative numbers to the left, which C++ leaves undefined: here
// they are multiplied. Each is in 64 bits, so that no calibration can overflow them.
int64_t shifted(int64_t value, unsigned bits) { return value * (int64_t{1} << bits); }

int32_t fine_temperature(const Bme280Calibration& of, int32_t raw) {
  const int64_t first = ((int64_t{raw >> 3} - shifted(of.t1, 1)) * of.t2) >> 11;
  const int64_t from_t1 = int64_t{raw >> 4} - of.t1;
  const int64_t second = (((from_t1 * from_t1) >> 12) * of.t3) >> 14;
  return static_cast<int32_t>(first + second);
}

// False for values that no pressure on earth produces.
bool pressure(const Bme280Calibration& of, int32_t fine, int32_t raw, uint32_t& out) {
  const int64_t from_25 = int64_t{fine} - 128000;
  int64_t offset = from_25 * from_25 * of.p6;
  offset += shifted(from_25 * of.p5, 17);
  offset += shifted(of.p4, 35);
  int64_t scale = ((from_25 * from_25 * of.p3) >> 8) + shifted(from_25 * of.p2, 12);
  scale += int64_t{1} << 47;
  if (of.p1 == 0 || scale <= 0 || scale > INT64_MAX / of.p1) return false;
  scale = (scale * of.p1) >> 33;
  if (scale == 0) return false;
  const int64_t difference = shifted(int64_t{1048576} - raw, 31) - offset;
  if (difference < 0 || difference > INT64_MAX / 3125) return false;
  int64_t pressure = difference * 3125 / scale;
  if (pressure >= int64_t{1} << 36) return false;
  const int64_t square = (of.p9 * (pressure >> 13) * (pressure >> 13)) >> 25;
  const int64_t linear = (of.p8 * pressure) >> 19;
  pressure = ((pressure + square + linear) >> 8) + shifted(of.p7, 4);
  if (pressure < 0 || pressure > UINT32_MAX) return false;
  out = static_cast<uint32_t>(pressure);
  return true;
}

uint32_t humidity(const Bme280Calibration& of, int32_t fine, int32_t raw) {
  const int64_t from = int64_t{fine} - 76800;
  const int64_t linear =
      (shifted(raw, 14) - shifted(of.h4, 20) - of.h5 * from + 16384) >> 15;
  const int64_t warmth =
      (((from * of.h6) >> 10) * (((from * of.h3) >> 11) + 32768)) >> 10;
  int64_t value = linear * (((warmth + 2097152) * of.h2 + 8192) >> 14);
  value -= ((((value >> 15) * (value >> 15)) >> 7) * of.h1) >> 4;
  constexpr int64_t kHundredPercent = 419430400;
  if (value < 0) value = 0;
  if (value > kHundredPercent) value = kHundredPercent;
  return static_cast<uint32_t>(value >> 12);
}

}  // namespace

Bme280Calibration parse_bme280_calibration(const uint8_t* low, const uint8_t* high) {
  Bme280Calibration of;
  of.t1 = unsigned_at(low);
  of.t2 = signed_at(low + 2);
  of.t3 = signed_at(low + 4);
  of.p1 = unsigned_at(low + 6);
  of.p2 = signed_at(low + 8);
  of.p3 = signed_at(low + 10);
  of.p4 = signed_at(low + 12);
  of.p5 = signed_at(low + 14);
  of.p6 = signed_at(low + 16);
  of.p7 = signed_at(low + 18);
  of.p8 = signed_at(low + 20);
  of.p9 = signed_at(low + 22);
  of.h1 = low[25];
  of.h2 = signed_at(high);
  of.h3 = high[2];
  // These two share a byte.
  of.h4 = signed_12(static_cast<unsigned>(high[3] << 4 | (high[4] & 0x0F)));
  of.h5 = signed_12(static_cast<unsigned>(high[5] << 4 | high[4] >> 4));
  of.h6 = static_cast<int8_t>(high[6]);
  return of;
}

bool compensate_bme280(const Bme280Calibration& of, const Bme280Raw& raw,
                       Bme280Result& out) {
  if (raw.temperature == kSkipped20 || raw.pressure == kSkipped20 ||
      raw.humidity == kSkipped16) {
    return false;
  }
  out.fine_temperature = fine_temperature(of, raw.temperature);
  const int64_t hundredths = (int64_t{out.fine_temperature} * 5 + 128) >> 8;
  if (hundredths < kLeastCelsiusHundredth || hundredths > kMaxCelsiusHundredth) {
    return false;
  }
  out.celsius_hundredth = static_cast<int32_t>(hundredths);
  out.percent_q10 = humidity(of, out.fine_temperature, raw.humidity);
  return pressure(of, out.fine_temperature, raw.pressure, out.pascal_q8);
}

void Bme280::begin(uint64_t) { step_ = is_calibrated_ ? Step::kStart : Step::kFind; }

ClimateDriver::Progress Bme280::poll(uint64_t now_ms, uint32_t& wait_ms,
                                     ClimateSample& out) {
  wait_ms = 0;
  switch (step_) {
    case Step::kFind:
      return go_on(find(), Step::kCalibrate, wait_ms);
    case Step::kCalibrate:
      return go_on(calibrate(), Step::kStart, wait_ms);
    case Step::kStart:
      measuring_since_ms_ = now_ms;
      (void)go_on(start(), Step::kMeasuring, wait_ms);
      if (step_ != Step::kMeasuring) return Progress::kFailed;
      wait_ms = kMeasureMs;
      return Progress::kBusy;
    case Step::kMeasuring:
      return look(now_ms, wait_ms, out);
    case Step::kEnd:
      break;
  }
  return Progress::kFailed;
}

ClimateDriver::Progress Bme280::go_on(bool good, Step next, uint32_t&) {
  if (!good) return fail();
  step_ = next;
  return Progress::kBusy;
}

// What is not there any more may come back as another.
ClimateDriver::Progress Bme280::fail() {
  is_calibrated_ = false;
  step_ = Step::kEnd;
  return Progress::kFailed;
}

bool Bme280::find() {
  for (const uint8_t address : kAddresses) {
    uint8_t id = 0;
    if (port_.read(address, kRegisterId, &id, 1) && id == kIdOfBme280) {
      address_ = address;
      return true;
    }
  }
  return false;
}

bool Bme280::calibrate() {
  uint8_t low[kLowBytes];
  uint8_t high[kHighBytes];
  if (!port_.read(address_, kRegisterCalibrationLow, low, sizeof low)) return false;
  if (!port_.read(address_, kRegisterCalibrationHigh, high, sizeof high)) return false;
  calibration_ = parse_bme280_calibration(low, high);
  is_calibrated_ = true;
  return true;
}

bool Bme280::start() {
  // The first write takes effect only with the second (section 5.4.3).
  return port_.write(address_, kRegisterControlHumidity, kOversamplingOne) &&
         port_.write(address_, kRegisterControlMeasure, kMeasureOnce);
}

ClimateDriver::Progress Bme280::look(uint64_t now_ms, uint32_t& wait_ms,
                                     ClimateSample& out) {
  const uint64_t since_ms = now_ms - measuring_since_ms_;
  if (since_ms < kMeasureMs) {
    wait_ms = kMeasureMs - static_cast<uint32_t>(since_ms);
    return Progress::kBusy;
  }
  uint8_t status = 0;
  if (!port_.read(address_, kRegisterStatus, &status, 1)) return fail();
  if ((status & kStatusMeasuring) != 0) {
    if (since_ms > kMaxMeasureMs) return fail();
    wait_ms = kRetryMs;
    return Progress::kBusy;
  }
  // In one go: the chip keeps them of one measurement together then (section 4).
  uint8_t data[kDataBytes];
  if (!port_.read(address_, kRegisterData, data, sizeof data)) return fail();
  const Bme280Raw raw = {data[3] << 12 | data[4] << 4 | data[5] >> 4,
                         data[0] << 12 | data[1] << 4 | data[2] >> 4,
                         data[6] << 8 | data[7]};
  Bme280Result result;
  if (!compensate_bme280(calibration_, raw, result)) return fail();
  step_ = Step::kEnd;
  out.celsius_e4 = result.celsius_hundredth * 100;
  out.percent_e2 = static_cast<int32_t>((result.percent_q10 * 100 + 512) >> 10);
  out.pascal = static_cast<int32_t>(result.pascal_q8 >> 8);
  return Progress::kDone;
}

}  // namespace signalbox
