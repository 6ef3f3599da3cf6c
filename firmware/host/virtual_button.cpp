#include "host/virtual_button.h"

#include <unistd.h>

#include "host/log.h"

namespace signalbox::host {
namespace {

constexpr uint64_t kShortMs = 100;
// Of a double press: far below Button::kDoubleGapMs, since it may be seen to end late.
constexpr uint64_t kBetweenMs = 50;
constexpr uint64_t kLongMs = Button::kLongMs + 200;
// So that two words in one line remain two gestures.
constexpr uint64_t kApartMs = Button::kDoubleGapMs + 100;
constexpr size_t kMaxLine = 64;

}  // namespace

bool VirtualButton::read_words(int fd) {
  char bytes[256];
  const ssize_t count = ::read(fd, bytes, sizeof bytes);
  if (count <= 0) return false;
  for (ssize_t i = 0; i < count; ++i) {
    if (bytes[i] != '\n') {
      if (line_.size() < kMaxLine) line_ += bytes[i];
      continue;
    }
    if (!parse_word(line_)) {
      log_line("button input invalid, expected press, double or long");
    }
    line_.clear();
  }
  return true;
}

bool VirtualButton::parse_word(const std::string& word) {
  if (word == "press") {
    hold(kShortMs, kApartMs);
  } else if (word == "double") {
    hold(kShortMs, kBetweenMs);
    hold(kShortMs, kApartMs);
  } else if (word == "long") {
    hold(kLongMs, kApartMs);
  } else {
    return false;
  }
  return true;
}

bool VirtualButton::is_pressed(uint64_t now_ms) {
  if (has_settled_ && now_ms - began_ms_ >= steps_.front().duration_ms) {
    steps_.pop_front();
    has_begun_ = has_settled_ = false;
  }
  if (steps_.empty()) return false;
  if (!has_begun_) {
    has_begun_ = true;
    began_ms_ = now_ms;
  }
  if (now_ms - began_ms_ >= Button::kDebounceMs) has_settled_ = true;
  return steps_.front().is_pressed;
}

uint32_t VirtualButton::next_look_ms(uint64_t now_ms) {
  if (steps_.empty()) return kIdle;
  if (!has_begun_) return 0;
  const uint64_t lasted_ms = now_ms - began_ms_;
  const uint64_t due_ms = has_settled_ ? steps_.front().duration_ms : Button::kDebounceMs;
  return lasted_ms < due_ms ? static_cast<uint32_t>(due_ms - lasted_ms) : 0;
}

void VirtualButton::hold(uint64_t duration_ms, uint64_t open_ms) {
  if (steps_.size() + 2 > kMaxSteps) return;
  steps_.push_back({true, duration_ms});
  steps_.push_back({false, open_ms});
}

}  // namespace signalbox::host
