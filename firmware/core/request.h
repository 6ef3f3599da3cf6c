// An unanswered request of a peer. Holds only the messages that can be requests, so that
// a queue of them stays small.
#pragma once

#include "core/wire.h"

namespace signalbox {

struct Request {
  uint32_t id = 0;
  uint64_t arrived_ms = 0;
  pb_size_t which = 0;  // Envelope's tag; 0: a message this version does not know
  union {
    signalbox_unitlink_v1_Describe describe;
    signalbox_unitlink_v1_Read read;
    Write write;
    Invoke invoke;
    Subscribe subscribe;
    signalbox_unitlink_v1_Resume resume;
    // An update request is done already, and this its answer.
    signalbox_unitlink_v1_UpdateStatus update_status;
  } body = {};
};

// True for messages that want an answer from a unit.
bool is_request(pb_size_t which);

// Requests the unit accepts at once; sent in its hello.
constexpr uint32_t kMaxInFlight = 4;

// First in, first out: answers leave in the order of arrival.
class RequestQueue {
 public:
  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == kMaxInFlight; }
  void clear() { count_ = 0; }

  // Copies the request out of its envelope; the caller has checked that there is room.
  void push(const Envelope& envelope, uint64_t arrived_ms);
  const Request& front() const { return slots_[first_]; }
  void pop() {
    first_ = (first_ + 1) % kMaxInFlight;
    --count_;
  }

 private:
  Request slots_[kMaxInFlight];
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace signalbox
