// Unsolicited notifications of a capability.
#pragma once

#include "core/wire.h"

namespace signalbox {

class Notifier {
 public:
  // A property has a new value; it is reported if a subscription requests it.
  virtual void property_changed(uint8_t pid) = 0;

  // True while an authenticated peer can receive an event.
  virtual bool has_listener() const = 0;

  // How many peers have been authenticated since the boot; more: a new one was.
  virtual uint32_t hellos() const = 0;

  // True if an event would be accepted now; otherwise keep it and retry at the next poll.
  virtual bool can_send_event() const = 0;

  // Sends an event that happened at `uptime_ms`, without data where that is null; only
  // from Capability::poll, for during a request the one message buffer holds its answer.
  // Without a listener the event is lost, which the next event's sequence number shows.
  virtual void emit_event(uint8_t pid, const Value* data, uint64_t uptime_ms) = 0;

  // Says goodbye to connected peers, since the following step breaks the connection; only
  // from Capability::poll.
  virtual void dismiss_peers() = 0;

  // Counts an event that was lost.
  virtual void lose_event() = 0;

 protected:
  ~Notifier() = default;
};

}  // namespace signalbox
