#include "units/board/uart.h"

#include <string.h>

#include "core/value.h"

namespace signalbox {
namespace {

constexpr int32_t kBaudRates[] SIGNALBOX_FLASH = {
    300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 74880, 115200, 230400, 460800};
constexpr size_t kFrameChars = 3;  // "8N1"

constexpr ValueSpec kDataIn SIGNALBOX_FLASH = bytes_value(kMaxDataBytes, "data");
constexpr ValueSpec kDataOut SIGNALBOX_FLASH = bytes_value(kMaxDataBytes);
// The credit: how many bytes a write would accept now. A longer write loses its end, and
// reports it.
constexpr ValueSpec kCredit SIGNALBOX_FLASH =
    integer_value("credit").in("By").range(0, UINT16_MAX);
constexpr ValueSpec kFlush SIGNALBOX_FLASH = string_value(9).named("flush");
constexpr ValueSpec kWritten[] SIGNALBOX_FLASH = {
    integer_value("written").in("By").range(0, kMaxDataBytes), kCredit, kFlush};
constexpr ValueSpec kProgress[] SIGNALBOX_FLASH = {kCredit, kFlush};
constexpr ValueSpec kSettingsIn[] SIGNALBOX_FLASH = {
    integer_value("baud").only(kBaudRates), string_value(kFrameChars).named("frame")};
constexpr ValueSpec kSettingsOut SIGNALBOX_FLASH = string_value(16);
constexpr ValueSpec kShared SIGNALBOX_FLASH = boolean_value();

constexpr AffordanceSpec kAffordances[] SIGNALBOX_FLASH = {
    action(Uart::kUartWrite, "uartWrite", "Send on UART", "board.uartWrite", kDataIn,
           kWritten, 0),
    event(Uart::kUartData, "uartData", "Received on UART", "board.uartData", kDataOut),
    action(Uart::kUartOpen, "uartOpen", "Set up UART", "board.uartOpen", kSettingsIn,
           kCredit, kIdempotent),
    action(Uart::kUartFlush, "uartFlush", "UART send status", "board.uartFlush", {},
           kProgress, kIdempotent),
    property(Uart::kUartSettings, "uartSettings", "UART", "diagnostic.uartSettings",
             kSettingsOut, kReadable),
    property(Uart::kUartShared, "uartShared", "UART is shared", "diagnostic.uartShared",
             kShared, kReadable),
};

const char* name_of(UartFlush flush) {
  switch (flush) {
    case UartFlush::kPending:
      return "pending";
    case UartFlush::kAssumed:
      return "assumed";
    case UartFlush::kConfirmed:
      return "confirmed";
  }
  return "";
}

char letter_of(UartParity parity) {
  switch (parity) {
    case UartParity::kNone:
      return 'N';
    case UartParity::kEven:
      return 'E';
    case UartParity::kOdd:
      return 'O';
  }
  return '?';
}

// "115200 8N1"
void describe(const UartSettings& settings, Value& out) {
  char text[16] = {};
  char digits[10];
  size_t count = 0;
  for (uint32_t left = settings.baud; left > 0; left /= 10) {
    digits[count++] = static_cast<char>('0' + left % 10);
  }
  size_t length = 0;
  while (count > 0) text[length++] = digits[--count];
  text[length++] = ' ';
  text[length++] = static_cast<char>('0' + settings.data_bits);
  text[length++] = letter_of(settings.parity);
  text[length++] = static_cast<char>('0' + settings.stop_bits);
  set_text(out, text);
}

}  // namespace

bool parse_uart_frame(const char* text, UartSettings& into) {
  if (strlen(text) != kFrameChars) return false;
  UartSettings settings = into;
  if (text[0] < '5' || text[0] > '8') return false;
  settings.data_bits = static_cast<uint8_t>(text[0] - '0');
  switch (text[1]) {
    case 'N':
      settings.parity = UartParity::kNone;
      break;
    case 'E':
      settings.parity = UartParity::kEven;
      break;
    case 'O':
      settings.parity = UartParity::kOdd;
      break;
    default:
      return false;
  }
  if (text[2] != '1' && text[2] != '2') return false;
  settings.stop_bits = static_cast<uint8_t>(text[2] - '0');
  into = settings;
  return true;
}

AffordanceSpecs Uart::affordances() const { return kAffordances; }

Status Uart::read(uint8_t pid, uint64_t, Value& out) {
  if (pid == kUartSettings) {
    describe(settings_, out);
  } else {
    set_boolean(out, port_.is_shared());
  }
  return Status::kOk;
}

Status Uart::invoke(const InvokeCall& call, Value* outputs) {
  if (call.pid == kUartOpen) return open(call, outputs);
  if (call.pid == kUartWrite) {
    const auto& data = call.arguments[0].kind.data;
    set_integer(*outputs++, static_cast<int64_t>(port_.write(data.bytes, data.size)));
  }
  set_integer(outputs[0], static_cast<int64_t>(port_.room()));
  set_text(outputs[1], name_of(port_.flush()));
  return Status::kOk;
}

uint32_t Uart::poll(uint64_t now_ms) {
  // Bytes without a listener are dropped: later they would look fresh.
  const bool heard = notifier().has_listener();
  if (heard && !notifier().can_send_event()) return kIdle;
  uint8_t bytes[kMaxDataBytes];
  const size_t size = port_.read(bytes, sizeof bytes);
  if (size > 0 && heard) {
    set_data(received_, bytes, size);
    notifier().emit_event(kUartData, &received_, now_ms);
  }
  return port_.next_look_ms();
}

Status Uart::open(const InvokeCall& call, Value* outputs) {
  UartSettings wanted;
  wanted.baud = static_cast<uint32_t>(call.arguments[0].kind.integer);
  if (!parse_uart_frame(call.arguments[1].kind.text, wanted)) return Status::kOutOfRange;
  // What is on its way would come out at another speed.
  if (port_.flush() != UartFlush::kConfirmed) return Status::kBusy;
  switch (port_.open(wanted)) {
    case UartPort::Opened::kOk:
      break;
    case UartPort::Opened::kNotNow:
      return Status::kBusy;
    case UartPort::Opened::kImpossible:
      return Status::kUnsupported;
  }
  settings_ = wanted;
  set_integer(outputs[0], static_cast<int64_t>(port_.room()));
  return Status::kOk;
}

}  // namespace signalbox
