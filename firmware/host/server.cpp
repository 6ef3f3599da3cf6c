#include "host/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signalbox::host {
namespace {

constexpr uint32_t kCloseCheckMs = 50;

int to_poll_timeout(uint32_t ms) { return ms > INT_MAX ? -1 : static_cast<int>(ms); }

}  // namespace

std::string Server::bind(const std::string& address, uint16_t port) {
  address_ = address;
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener_ < 0) return std::string("No socket: ") + strerror(errno) + ".";
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  socklen_t size = sizeof where;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0) {
    const std::string why = strerror(errno);
    close_listener();
    return "Cannot listen on " + address + ":" + std::to_string(port) + ": " + why + ".";
  }
  getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
  port_ = ntohs(where.sin_port);
  return "";
}

std::string Server::listen() {
  if (::listen(listener_, kLinks) == 0) return "";
  return "Cannot listen on port " + std::to_string(port_) + ": " + strerror(errno) + ".";
}

std::string Server::move(const std::string& address) {
  if (address == address_) return "";
  close_listener();
  const std::string error = bind(address, port_);
  return error.empty() ? listen() : error;
}

void Server::turn(Unit& unit, uint64_t (*now_ms)(), uint32_t max_ms) {
  accept_waiting(unit, now_ms());
  uint32_t due_ms = unit.poll(now_ms());
  if (due_ms > max_ms) due_ms = max_ms;
  if (drain_lingering(now_ms()) && due_ms > kCloseCheckMs) due_ms = kCloseCheckMs;
  has_input_ = false;
  if (due_ms > 0 && !unit.ready_to_restart()) wait(due_ms);
}

void Server::close(uint64_t (*now_ms)()) {
  close_listener();
  while (drain_lingering(now_ms())) wait(kCloseCheckMs);
  for (PosixLink& link : links_) link.release();
}

void Server::close_listener() {
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
}

void Server::accept_waiting(Unit& unit, uint64_t now_ms) {
  // Some at a time: those who are served come before those who knock.
  for (int i = 0; i < kLinks; ++i) {
    sockaddr_in from = {};
    socklen_t size = sizeof from;
    const int fd =
        ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    if (fd < 0) return;
    PosixLink& link = make_room();
    link.open(fd, ntohl(from.sin_addr.s_addr));
    unit.accept(link, now_ms);
  }
}

// The session holds two at most, so one of the others is free or lingers.
PosixLink& Server::make_room() {
  PosixLink* room = nullptr;
  for (PosixLink& link : links_) {
    if (link.is_free()) return link;
    if (link.is_lingering()) room = &link;
  }
  room->release();
  return *room;
}

void Server::wait(uint32_t timeout_ms) {
  pollfd watched[kLinks + 3];
  nfds_t count = 0;
  for (const PosixLink& link : links_) {
    if (!link.is_free()) watched[count++] = {link.fd(), link.wanted_events(), 0};
  }
  if (watched_fd_ >= 0) watched[count++] = {watched_fd_, POLLIN, 0};
  if (listener_ >= 0) watched[count++] = {listener_, POLLIN, 0};
  const nfds_t input_at = count;
  if (input_ >= 0) watched[count++] = {input_, POLLIN, 0};
  if (::poll(watched, count, to_poll_timeout(timeout_ms)) <= 0) return;
  has_input_ = input_ >= 0 && watched[input_at].revents != 0;
}

bool Server::drain_lingering(uint64_t now_ms) {
  bool some = false;
  for (PosixLink& link : links_) {
    if (link.is_lingering()) link.close_slowly(now_ms);
    some = some || link.is_lingering();
  }
  return some;
}

}  // namespace signalbox::host
