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
  // Takes the port without listening there yet. Empty when it is taken, else one sentence
  // that says why not.
  std::string bind(const std::string& address, uint16_t port);
  uint16_t port() const { return port_; }
  // Goes on at another address and the same port, with the connections there are; does
  // nothing where it is there, or has tried to be. Empty, or one sentence that says why
  // nobody can connect now.
  std::string move(const std::string& address);
  // Lets peers connect.
  std::string listen();

  // Gives new connections to the unit, polls it, then waits until something is due or a
  // byte arrives, `max_ms` at most. `now_ms` is the uptime. Returns early at a signal.
  void turn(Unit& unit, uint64_t (*now_ms)(), uint32_t max_ms = UINT32_MAX);

  // A byte here ends the waiting of a turn as well; -1: none.
  void watch(int fd) { watched_fd_ = fd; }

  // Has turn() return when there is something to read there; -1: nowhere.
  void watch_input(int fd) { input_ = fd; }
  // True when the last wait ended with something to read, or its end.
  bool has_input() const { return has_input_; }

  // Lets closed connections hear their goodbye, then closes everything.
  void close(uint64_t (*now_ms)());

 private:
  void close_listener();
  void accept_waiting(Unit& unit, uint64_t now_ms);
  PosixLink& make_room();
  void wait(uint32_t timeout_ms);
  bool drain_lingering(uint64_t now_ms);

  // The session holds two; the rest refuse or linger. Who lingers makes room for who
  // comes.
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
