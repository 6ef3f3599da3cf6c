#include "host/serial_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace signalbox::host {

SerialLine::~SerialLine() {
  if (fd_ >= 0) ::close(fd_);
  if (other_end_ >= 0) ::close(other_end_);
}

std::string SerialLine::make(const std::string& link_path) {
  // Without O_CLOEXEC: the line outlives a restart, as the cable of a board does.
  fd_ = ::posix_openpt(O_RDWR | O_NOCTTY);
  char other_end[64];
  if (fd_ < 0 || grantpt(fd_) != 0 || unlockpt(fd_) != 0 ||
      ptsname_r(fd_, other_end, sizeof other_end) != 0) {
    return std::string("No pseudo terminal: ") + strerror(errno) + ".";
  }
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  termios modes = {};
  if (tcgetattr(fd_, &modes) == 0) {
    cfmakeraw(&modes);
    tcsetattr(fd_, TCSANOW, &modes);
  }
  // Held open: if nobody holds the other end, poll(2) returns at once.
  other_end_ = ::open(other_end, O_RDWR | O_NOCTTY);
  struct stat before = {};
  const bool is_link = lstat(link_path.c_str(), &before) == 0 && S_ISLNK(before.st_mode);
  if (is_link) ::unlink(link_path.c_str());
  if (::symlink(other_end, link_path.c_str()) != 0) {
    return "Cannot make " + link_path + ": " + strerror(errno) + ".";
  }
  return "";
}

size_t SerialLine::write(const uint8_t* data, size_t size) {
  const ssize_t count = ::write(fd_, data, size);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

size_t SerialLine::read(uint8_t* into, size_t capacity) {
  const ssize_t count = ::read(fd_, into, capacity);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

}  // namespace signalbox::host
