#include "units/board/uart.h"

#include "core/value.h"

namespace signalbox {
namespace {

constexpr ValueSpec kDataIn = bytes_value(kMaxDataBytes, "data");
constexpr ValueSpec kOutcome[] = {
    integer_value("written").in("By").range(0, kMaxDataBytes), boolean_value("flushed")};
constexpr ValueSpec kDataOut = bytes_value(kMaxDataBytes);

constexpr AffordanceSpec kAffordances[] = {
    action(Uart::kUartWrite, "uartWrite", "Send on UART", "board.uartWrite", kDataIn,
           kOutcome, 0),
    event(Uart::kUartData, "uartData", "Received on UART", "board.uartData", kDataOut),
};

}  // namespace

AffordanceSpecs Uart::affordances() const { return kAffordances; }

Status Uart::invoke(const InvokeCall& call, Value* outputs) {
  const auto& data = call.arguments[0].kind.data;
  const size_t written = port_.write(data.bytes, data.size);
  set_integer(outputs[0], static_cast<int64_t>(written));
  set_boolean(outputs[1], written == data.size && port_.is_flushed());
  return Status::kOk;
}

uint32_t Uart::poll(uint64_t now_ms) {
  // Bytes that nobody hears are dropped: later they would look fresh.
  const bool heard = notifier().has_listener();
  if (heard && !notifier().can_take_event()) return kIdle;
  uint8_t bytes[kMaxDataBytes];
  const size_t size = port_.read(bytes, sizeof bytes);
  if (size > 0 && heard) {
    set_data(received_, bytes, size);
    notifier().emit_event(kUartData, &received_, now_ms);
  }
  return port_.next_look_ms();
}

}  // namespace signalbox
