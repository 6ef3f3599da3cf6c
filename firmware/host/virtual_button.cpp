#include "host/virtual_button.h"

#include <unistd.h>

#include "host/log.h"

namespace signalbox::host {
namespace {

constexpr uint64_t kShortMs = 100;
constexpr uint64_t kBetweenMs = 100;  // of a double press
constexpr uint64_t kLongMs = Button::kLongMs + 200;
// So that two words in one line remain two gestures.
constexpr uint64_t kApartMs = Button::kDoubleGapMs + 100;
constexpr size_t kMaxLine = 64;

}  // namespace

bool VirtualButton::read_words(int fd, uint64_t now_ms) {
  char bytes[256];
  const ssize_t count = ::read(fd, bytes, sizeof bytes);
  if (count <= 0) return false;
  for (ssize_t i = 0; i < count; ++i) {
    if (bytes[i] != '\n') {
      if (line_.size() < kMaxLine) line_ += bytes[i];
      continue;
    }
    if (!parse_word(line_, now_ms)) {
      log_line("button input invalid, expected press, double or long");
    }
    line_.clear();
  }
  return true;
}

bool VirtualButton::parse_word(const std::string& word, uint64_t now_ms) {
  forget_past(now_ms);
  // This soon after the last one it would count as a bounce, or as a double press.
  const uint64_t from_ms = now_ms < free_at_ms_ ? free_at_ms_ : now_ms;
  if (word == "press") {
    hold(kShortMs, from_ms);
  } else if (word == "double") {
    hold(kShortMs, from_ms);
    hold(kShortMs, from_ms + kShortMs + kBetweenMs);
  } else if (word == "long") {
    hold(kLongMs, from_ms);
  } else {
    return false;
  }
  return true;
}

bool VirtualButton::is_pressed(uint64_t now_ms) {
  forget_past(now_ms);
  return !holds_.empty() && now_ms >= holds_.front().from_ms;
}

uint32_t VirtualButton::next_look_ms(uint64_t now_ms) {
  forget_past(now_ms);
  if (holds_.empty()) return kIdle;
  const Hold& next = holds_.front();
  const uint64_t edge_ms = now_ms < next.from_ms ? next.from_ms : next.until_ms;
  return static_cast<uint32_t>(edge_ms - now_ms);
}

void VirtualButton::hold(uint64_t duration_ms, uint64_t from_ms) {
  if (holds_.size() >= kMaxHolds) return;
  holds_.push_back({from_ms, from_ms + duration_ms});
  free_at_ms_ = from_ms + duration_ms + kApartMs;
}

void VirtualButton::forget_past(uint64_t now_ms) {
  while (!holds_.empty() && now_ms >= holds_.front().until_ms) holds_.pop_front();
}

}  // namespace signalbox::host
