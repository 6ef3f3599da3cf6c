// One capability of a unit. It declares its affordances and executes commands; the
// dispatcher has already checked pid, kind, access, argument count, value kinds and
// ranges.
#pragma once

#include "core/affordance_spec.h"
#include "core/notifier.h"

namespace signalbox {

// From poll(): nothing to do until something else happens.
constexpr uint32_t kIdle = UINT32_MAX;

struct WriteCall {
  uint8_t pid;
  const Value& value;
  uint32_t transition_ms;
  uint64_t now_ms;
};

struct InvokeCall {
  uint8_t pid;
  const Value* arguments;  // as many as the action has inputs
  uint64_t now_ms;
};

class Capability {
 public:
  virtual AffordanceSpecs affordances() const = 0;

  // Called for readable properties. `out` is filled on kOk.
  virtual Status read(uint8_t pid, uint64_t now_ms, Value& out);

  // Called for writable properties. `in_force` initially holds the written value; change
  // it if another value takes effect.
  virtual Status write(const WriteCall& call, Value& in_force);

  // Called for actions. Fills as many `outputs` as the action has, on kOk.
  virtual Status invoke(const InvokeCall& call, Value* outputs);

  // Uptime at which the value that read() returns was measured.
  virtual uint64_t measured_ms(uint8_t pid, uint64_t now_ms) const;

  // Does what is due. Returns the milliseconds after which it must be called again at the
  // latest, or kIdle. Must not wait.
  virtual uint32_t poll(uint64_t now_ms);

  // Whether something is switched on that a reboot would switch off.
  virtual bool holds_output() const { return false; }

  // Once, at setup.
  void attach(Notifier& notifier) { notifier_ = &notifier; }

 protected:
  ~Capability() = default;
  Notifier& notifier() { return *notifier_; }

 private:
  Notifier* notifier_ = nullptr;
};

}  // namespace signalbox
