// What a capability may tell the outside without being asked.
#pragma once

#include "core/wire.h"

namespace signalbox {

class Notifier {
 public:
  // A property has a new value; it is reported when a subscription asks for it.
  virtual void property_changed(uint8_t pid) = 0;

  // True while an authenticated peer is there to hear an event.
  virtual bool has_listener() const = 0;

  // How many peers have been authenticated since the boot; more: a new one was.
  virtual uint32_t hellos() const = 0;

  // True when an event would be taken now; else keep it and try at the next poll.
  virtual bool can_send_event() const = 0;

  // Sends an event that happened at `uptime_ms`, without data where that is null; only
  // from Capability::poll, for during a request the one message buffer holds its answer.
  // Without a listener the event is lost, which the next event's sequence number shows.
  virtual void emit_event(uint8_t pid, const Value* data, uint64_t uptime_ms) = 0;

  // Says goodbye to whoever is connected, since what follows takes the connection away;
  // only from Capability::poll.
  virtual void dismiss_peers() = 0;

  // One event more that could not be told, and that nobody will tell.
  virtual void lose_event() = 0;

 protected:
  ~Notifier() = default;
};

}  // namespace signalbox
