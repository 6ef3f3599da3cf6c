// A push button: distinguishes a press, a double press and a long press.
#pragma once

#include "core/capability.h"

namespace signalbox {

class ButtonPort {
 public:
  // The present state of the contact, not debounced.
  virtual bool is_pressed(uint64_t now_ms) = 0;
  // Milliseconds after which to check again; kIdle if nothing can change before something
  // else happens.
  virtual uint32_t next_look_ms(uint64_t now_ms) = 0;

 protected:
  ~ButtonPort() = default;
};

class Button final : public Capability {
 public:
  static constexpr uint8_t kPressed = 1;
  static constexpr uint8_t kPress = 2;
  static constexpr uint8_t kDoublePress = 3;
  static constexpr uint8_t kLongPress = 4;

  // A change counts once the contact has been stable this long.
  static constexpr uint32_t kDebounceMs = 20;
  // A second press that begins this soon after the end of the first makes it a double
  // press; only then is a single press certain.
  static constexpr uint32_t kDoubleGapMs = 300;
  // Held this long, it is a long press; reported while still held.
  static constexpr uint32_t kLongMs = 800;

  explicit Button(ButtonPort& port) : port_(port) {}

  AffordanceSpecs affordances() const override;
  Status read(uint8_t pid, uint64_t now_ms, Value& out) override;
  uint32_t poll(uint64_t now_ms) override;

 private:
  struct Happened {
    uint8_t pid;
    uint64_t uptime_ms;
  };
  static constexpr size_t kMaxWaiting = 4;

  void debounce(uint64_t now_ms);
  void pressed(uint64_t at_ms);
  void released(uint64_t at_ms);
  void report(uint8_t pid, uint64_t at_ms);
  void emit_waiting();
  uint32_t due_in(uint64_t now_ms);

  ButtonPort& port_;
  bool switch_ = false;         // as last read
  bool pressed_ = false;        // debounced
  bool is_done_ = false;        // this press was already reported
  bool awaits_second_ = false;  // a press has ended and may become a double one
  uint64_t switch_since_ms_ = 0;
  uint64_t pressed_ms_ = 0;
  uint64_t released_ms_ = 0;
  // Events that wait for a link that is stuck; more are lost, and counted.
  Happened waiting_[kMaxWaiting] = {};
  size_t waiting_count_ = 0;
};

}  // namespace signalbox
