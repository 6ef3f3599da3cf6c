// The listening socket, the connections and the waiting: everything between poll(2) and
// the portable unit.
#pragma once

#include <stdint.h>

#include <string>

#include "core/unit.h"
#include "host/posix_link.h"

namespace signalbox::host {

class Server {
 public:
  // Binds the port without listening yet. Empty on success, else one sentence with the
  // reason.
  std::string bind(const std::string& address, uint16_t port);
  uint16_t port() const { return port_; }
  // Moves to another address with the same port and the present connections; does nothing
  // if it is there already, or has tried. Empty, or one sentence with the reason why
  // nobody can connect now.
  std::string move(const std::string& address);
  // Lets peers connect.
  std::string listen();

  // Passes new connections to the unit, polls it, then waits until something is due or a
  // byte arrives, at most `max_ms`. `now_ms` is the uptime. Returns early at a signal.
  void turn(Unit& unit, uint64_t (*now_ms)(), uint32_t max_ms = UINT32_MAX);

  // A byte here ends the waiting of a turn as well; -1: none.
  void watch(int fd) { watched_fd_ = fd; }

  // Has turn() return when there is something to read there; -1: nowhere.
  void watch_input(int fd) { input_ = fd; }
  // True when the last wait ended with something to read, or its end.
  bool has_input() const { return has_input_; }

  // Sends closed connections their goodbye, then closes everything.
  void close(uint64_t (*now_ms)());

 private:
  void close_listener();
  void accept_waiting(Unit& unit, uint64_t now_ms);
  PosixLink& make_room();
  void wait(uint32_t timeout_ms);
  bool drain_lingering(uint64_t now_ms);

  // The session holds two; the rest are being refused or closed. A closing one makes room
  // for a new one.
  static constexpr int kLinks = 8;
  PosixLink links_[kLinks];
  int listener_ = -1;
  int input_ = -1;
  bool has_input_ = false;
  int watched_fd_ = -1;
  std::string address_;
  uint16_t port_ = 0;
};

}  // namespace signalbox::host
