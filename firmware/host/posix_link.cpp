#include "host/posix_link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace signalbox::host {
namespace {

constexpr uint64_t kCloseDelayMs = 500;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void PosixLink::open(int fd, uint32_t address) {
  fd_ = fd;
  address_ = address;
  ended_ = false;
  blocked_ = false;
  closing_ = false;
  close_at_ms_ = 0;
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

size_t PosixLink::read(uint8_t* into, size_t capacity) {
  if (ended_) return 0;
  const ssize_t count = ::recv(fd_, into, capacity, 0);
  if (count > 0) return static_cast<size_t>(count);
  if (count == 0 || !would_block()) ended_ = true;
  return 0;
}

size_t PosixLink::write(const uint8_t* data, size_t size) {
  const ssize_t count = ::send(fd_, data, size, MSG_NOSIGNAL);
  if (count < 0 && !would_block()) ended_ = true;
  const size_t accepted = count > 0 ? static_cast<size_t>(count) : 0;
  blocked_ = accepted < size && !ended_;
  return accepted;
}

void PosixLink::close() {
  if (ended_) return release();
  ::shutdown(fd_, SHUT_WR);
  closing_ = true;
  close_at_ms_ = 0;
}

short PosixLink::wanted_events() const {
  // Requests wait while their answers cannot leave.
  return blocked_ && !closing_ ? POLLOUT : POLLIN;
}

void PosixLink::close_slowly(uint64_t now_ms) {
  if (close_at_ms_ == 0) close_at_ms_ = now_ms + kCloseDelayMs;
  uint8_t discarded[512];
  while (read(discarded, sizeof discarded) > 0) {
  }
  if (ended_ || now_ms >= close_at_ms_) release();
}

void PosixLink::release() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  closing_ = false;
}

}  // namespace signalbox::host
