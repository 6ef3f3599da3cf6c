// The codec and sessions of each kind of unit, as machine code of the chip under QEMU.
#include "core/envelope_codec.h"
#include "core/frame_decoder.h"
#include "lx106/checks.h"
#include "lx106/codec_checks.h"
#include "lx106/provisioning_checks.h"
#include "lx106/stack_gauge.h"
#include "lx106/vector_tables.h"
#include "tests/fake_board.h"
#include "tests/fake_link.h"
#include "tests/messages.h"
#include "tests/schema_hashes.h"
#include "tests/secure_base.h"
#include "units/button_unit.h"
#include "units/drivers/bme280.h"
#include "units/drivers/one_wire.h"
#include "units/lamp_unit.h"
#include "units/light_sensor_unit.h"
#include "units/relay_unit.h"
#include "units/thermometer_unit.h"
#include "vectors.h"

namespace {

using namespace signalbox;
using namespace signalbox::lx106;
using namespace signalbox::test;

constexpr UnitIdentity kLamp = {"lamp", LampUnit::kModel,      "0",
                                1,      ResetReason::kPowerOn, LampUnit::kPolicy};
constexpr UnitIdentity kLight = {
    "light", LightSensorUnit::kModel, "0",
    1,       ResetReason::kPowerOn,   LightSensorUnit::kPolicy};
constexpr UnitIdentity kClimate = {
    "climate", ThermometerUnit::kModel, "0",
    1,         ResetReason::kPowerOn,   ThermometerUnit::kPolicy};
constexpr UnitIdentity kRelay = {"relay", RelayUnit::kModel,     "0",
                                 1,       ResetReason::kPowerOn, RelayUnit::kPolicy};
constexpr UnitIdentity kButton = {"button", ButtonUnit::kModel,    "0",
                                  1,        ResetReason::kPowerOn, ButtonUnit::kPolicy};
constexpr RelaySettings kRelaySettings = {false, 0, 2000};

Checks checks;
FakeBoard board;
FakeLamp lamp_port;
FakeLight light_port;
LampUnit lamp(kLamp, board.ports, lamp_port, {}, LinkProtection::plain());
LightSensorUnit light(kLight, board.ports, light_port, 100, LinkProtection::plain());
FakeClimate climate_port;
FakeRelay relay_port;
FakeButton button_port;
ThermometerUnit climate(kClimate, board.ports, climate_port, 1000,
                        LinkProtection::plain());
RelayUnit relay(kRelay, board.ports, relay_port, kRelaySettings, LinkProtection::plain());
ButtonUnit button(kButton, board.ports, button_port, LinkProtection::plain());
FakeLink link;
Envelope answer;
uint64_t now_ms = 1000;

// A hello and a write in keys, then the same again on a ticket.
void run_secure_session() {
  static FakeLamp port;
  static FakeSecurity security;
  static LampUnit secured(kLamp, board.ports, port, {},
                          LinkProtection::encrypted(kTestKey, security));
  static SecureBase base;
  Unit& unit = secured.unit;
  static size_t deepest = 0;
  static size_t deepest_opening = 0;
  base.link.below_write = &use_network_stack;
  const auto turn = [&unit] {
    const size_t used = StackGauge::measure([&unit] {
      while (unit.poll(now_ms) == 0) {
      }
    });
    if (used > deepest) deepest = used;
  };
  TicketSecret ticket;
  for (int connection = 0; connection < 2; ++connection) {
    base.renew();
    unit.accept(base.link, now_ms);
    CHECK(connection == 0 ? base.open(turn) : base.resume(ticket, turn), "keys");
    checks.loop_stack(connection == 0 ? "handshake" : "ticket", deepest);
    if (deepest > deepest_opening) deepest_opening = deepest;
    deepest = 0;
    base.send(hello());
    turn();
    CHECK(base.next_message(answer) &&
              answer.body.hello.identity.unit.schema_hash == kLampSchemaHash,
          "hello in keys");
    base.send(write(2, Lamp::kOn, boolean(connection == 0)));
    turn();
    CHECK(base.next_message(answer) &&
              answer.body.result.status == signalbox_unitlink_v1_Status_STATUS_OK,
          "a write in keys");
    CHECK(port.shown.on == (connection == 0), "the lamp obeys");
    ticket = base.ticket;
    base.send(goodbye());
    turn();
    CHECK(base.link.was_closed(), "goodbye in keys");
  }
  CHECK(unit.counters().handshakes == 1 && unit.counters().resumptions == 1,
        "one handshake for two connections");
  CHECK(
      security.computations() == 1 && security.rests() >= 64 && !security.is_computing(),
      "a handshake yields, and runs fast only while it lasts");
  checks.loop_stack("session", deepest > deepest_opening ? deepest : deepest_opening);
}

void send(const Envelope& envelope) {
  static uint8_t frame[kMaxFrameBytes];
  link.feed(frame, encode_plain_frame(envelope, frame, sizeof frame));
}

void settle(Unit& unit) {
  while (unit.poll(now_ms) == 0 && !unit.ready_to_restart()) {
  }
}

// Reads the next message of the unit; false if there is none.
bool next_answer() {
  static FrameDecoder decoder;
  static size_t consumed = 0;
  if (consumed >= link.sent_bytes()) {
    consumed = 0;
    link.forget_sent();
    return false;
  }
  decoder.reset(LinkSecurity::kPlain);
  const uint8_t* data = link.sent() + consumed;
  size_t size = link.sent_bytes() - consumed;
  const bool whole = decoder.feed(data, size) == FrameDecoder::Progress::kFrame;
  consumed = link.sent_bytes() - size;
  return whole && decode_envelope(decoder.body(), decoder.body_bytes(), answer) ==
                      Decoded::kMessage;
}

bool exchange(Unit& unit, const Envelope& request) {
  send(request);
  settle(unit);
  return next_answer() && answer.request_id == request.request_id;
}

Status request_status(Unit& unit, const Envelope& request) {
  if (!exchange(unit, request)) return Status::kUnsupported;
  return static_cast<Status>(answer.body.result.status);
}

void nothing_more() { CHECK(!next_answer(), "nothing more was said"); }

void run_lamp_session() {
  Unit& unit = lamp.unit;
  link.renew();
  unit.accept(link, now_ms);
  CHECK(exchange(unit, hello(1)), "hello is answered");
  CHECK(answer.body.hello.identity.unit.schema_hash == kLampSchemaHash,
        "lamp's schema hash");
  CHECK(answer.body.hello.identity.unit.uptime_ms == now_ms, "uptime in hello");
  nothing_more();
  for (uint32_t index = 0; index < unit.description().count(); ++index) {
    CHECK(exchange(unit, describe(2, index)) && answer.body.description.index == index,
          "describe");
    nothing_more();
  }
  CHECK(request_status(unit, write(3, Lamp::kOn, boolean(true))) == Status::kOk, "on");
  CHECK(lamp_port.shown.on, "the lamp is on");
  nothing_more();
  CHECK(request_status(unit, write(4, Lamp::kBrightness, integer(101))) ==
            Status::kOutOfRange,
        "101 %");
  nothing_more();
  CHECK(request_status(unit, write(4, Lamp::kBrightness, integer(-1))) ==
            Status::kOutOfRange,
        "-1 %");
  nothing_more();
  const Envelope fade = write(5, Lamp::kBrightness, integer(0), {42, 500}, 1000);
  CHECK(request_status(unit, fade) == Status::kOk, "fade begins");
  nothing_more();
  CHECK(request_status(unit, fade) == Status::kDuplicate, "fade is not begun twice");
  nothing_more();
  now_ms += 500;
  settle(unit);
  CHECK(lamp_port.shown.brightness == 50, "half way of the fade");
  now_ms += 500;
  settle(unit);
  CHECK(lamp_port.shown.brightness == 0, "end of the fade");
  const int64_t epoch_ms = 1795200000000;
  CHECK(request_status(unit, with_argument(invoke(6, SystemFacts::kTimeSet),
                                           integer(epoch_ms))) == Status::kOk,
        "set the clock");
  nothing_more();
  now_ms += 1500;
  CHECK(request_status(unit, read(7, SystemFacts::kTime)) == Status::kOk &&
            answer.body.result.values[0].kind.integer == epoch_ms + 1500,
        "the clock runs");
  nothing_more();
  CHECK(request_status(unit, with_argument(invoke(8, SystemFacts::kTimeSet),
                                           integer((1LL << 53) + 2))) ==
            Status::kOutOfRange,
        "a time beyond 2^53");
  nothing_more();
  CHECK(request_status(unit, with_argument(invoke(9, Uart::kUartWrite), data("hello"))) ==
            Status::kOk,
        "UART out");
  CHECK(next_answer() && answer.which_body == signalbox_unitlink_v1_Envelope_event_tag &&
            answer.body.event.data.kind.data.size == 5,
        "UART in");
  nothing_more();
  CHECK(request_status(unit, invoke(10, Reset::kReset)) == Status::kAccepted, "reset");
  CHECK(next_answer() && answer.which_body == signalbox_unitlink_v1_Envelope_goodbye_tag,
        "goodbye before the reset");
  CHECK(unit.ready_to_restart() && link.was_closed(), "ready to restart");
  nothing_more();
}

// What the drivers compute, by the numbers of the data sheets; 64 bits wide here.
void run_drivers() {
  const Bme280Calibration of = {27504, 26435,  -1000, 36477, -10685, 3024, 2855, 140, -7,
                                15500, -14600, 6000,  75,    362,    0,    315,  50,  30};
  Bme280Result result;
  CHECK(compensate_bme280(of, {519888, 415148, 30000}, result), "BME280");
  CHECK(result.celsius_hundredth == 2508 && result.pascal_q8 == 25767233,
        "BME280's example");
  const uint8_t rom[] = {0x02, 0x1C, 0xB8, 0x01, 0x00, 0x00, 0x00, 0xA2};
  CHECK(one_wire_crc(rom, sizeof rom) == 0, "CRC of 1-Wire");
}

void run_climate_session() {
  Unit& unit = climate.unit;
  link.renew();
  unit.accept(link, now_ms);
  CHECK(exchange(unit, hello(1)), "hello is answered");
  CHECK(answer.body.hello.identity.unit.schema_hash == kThermometerSchemaHash,
        "thermometer's schema hash");
  nothing_more();
  now_ms += 30;
  settle(unit);
  const double values[] = {21.5, 40.25, 1013.25};
  for (uint8_t pid = 1; pid <= 3; ++pid) {
    CHECK(request_status(unit, read(2, pid)) == Status::kOk &&
              answer.body.result.values[0].kind.number == values[pid - 1],
          "a value of the air");
    nothing_more();
  }
  climate_port.sample.celsius_e4 = -1;
  now_ms += 1030;
  settle(unit);
  now_ms += 30;
  settle(unit);
  CHECK(request_status(unit, read(3, 1)) == Status::kOk &&
            answer.body.result.values[0].kind.number == -0.0001,
        "a value below zero");
  nothing_more();
}

void run_relay_session() {
  Unit& unit = relay.unit;
  relay.relay.begin();
  link.renew();
  unit.accept(link, now_ms);
  CHECK(exchange(unit, hello(1)), "hello is answered");
  CHECK(answer.body.hello.identity.unit.schema_hash == kRelaySchemaHash,
        "relay's schema hash");
  CHECK(request_status(unit, write(2, Relay::kOn, boolean(true))) == Status::kOk, "on");
  CHECK(relay_port.on, "the relay is on");
  now_ms += 2000;
  settle(unit);
  CHECK(!relay_port.on, "not for longer than it may be");
  nothing_more();
}

void run_button_session() {
  Unit& unit = button.unit;
  link.renew();
  unit.accept(link, now_ms);
  CHECK(exchange(unit, hello(1)), "hello is answered");
  CHECK(answer.body.hello.identity.unit.schema_hash == kButtonSchemaHash,
        "button's schema hash");
  button_port.pressed = true;
  for (int i = 0; i < 100; ++i) {
    now_ms += 10;
    settle(unit);
  }
  CHECK(next_answer() && answer.which_body == signalbox_unitlink_v1_Envelope_event_tag &&
            answer.body.event.pid == Button::kLongPress,
        "a long press is reported");
  nothing_more();
}

void run_light_session() {
  Unit& unit = light.unit;
  link.renew();
  unit.accept(link, now_ms);
  CHECK(exchange(unit, hello(1)), "hello is answered");
  CHECK(answer.body.hello.identity.unit.schema_hash == kLightSensorSchemaHash,
        "light sensor's schema hash");
  nothing_more();
  CHECK(
      request_status(unit, subscribe(2, LightSensor::kIlluminance, 1000)) == Status::kOk,
      "subscribe");
  CHECK(next_answer() && answer.body.report.values[0].value.kind.number == 120.5,
        "the first report");
  nothing_more();
  light_port.lux = 0.1;
  now_ms += 999;
  settle(unit);
  nothing_more();
  now_ms += 1;
  settle(unit);
  CHECK(next_answer() && answer.body.report.values[0].value.kind.number == 0.1,
        "the second report");
  nothing_more();
  now_ms += 60000;
  settle(unit);
  CHECK(link.was_closed(), "a silent peer is closed");
}

}  // namespace

int main_program() {
  for (const FrameVector& vector : kFrameVectors) {
    check_frame_vector(checks, vector, false);
    check_frame_vector(checks, vector, true);
  }
  for (const MessageVector& vector : kMessageVectors)
    check_message_vector(checks, vector);
  check_published_vector(checks, kPublished);
  for (const LinkVector& vector : kLinkVectors) check_link_vector(checks, vector);
  run_lamp_session();
  run_light_session();
  run_drivers();
  run_climate_session();
  run_relay_session();
  run_button_session();
  run_secure_session();
  check_provisioning(checks, kSerialTurns);
  checks.summarize();
  return checks.failed() == 0 ? 0 : 1;
}
