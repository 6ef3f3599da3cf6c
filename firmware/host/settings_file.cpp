#include "host/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signalbox::host {
namespace {

constexpr size_t kPlaceBytes = 4096;  // a sector, as on a board
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

off_t start_of(size_t place) { return static_cast<off_t>(place * kPlaceBytes); }

bool write_all(int fd, off_t at, const uint8_t* data, size_t size) {
  while (size > 0) {
    const ssize_t count = ::pwrite(fd, data, size, at);
    if (count <= 0 && errno != EINTR) return false;
    if (count <= 0) continue;
    data += count;
    at += count;
    size -= static_cast<size_t>(count);
  }
  return fdatasync(fd) == 0;
}

}  // namespace

SettingsFile::~SettingsFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::string SettingsFile::open(const std::string& path) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd_ < 0) return "cannot open " + path + ": " + strerror(errno);
  struct stat status = {};
  if (fstat(fd_, &status) != 0 || (status.st_mode & kOthers) != 0) {
    return path + " can be read by others: chmod 600 it";
  }
  const off_t whole = start_of(kPlaces);
  if (status.st_size < whole && ftruncate(fd_, whole) != 0) {
    return "cannot write " + path + ": " + strerror(errno);
  }
  return "";
}

bool SettingsFile::read(size_t place, uint8_t* into, size_t size) {
  return ::pread(fd_, into, size, start_of(place)) == static_cast<ssize_t>(size);
}

bool SettingsFile::erase(size_t place) {
  uint8_t blank[kPlaceBytes];
  memset(blank, 0xFF, sizeof blank);
  return write_all(fd_, start_of(place), blank, sizeof blank);
}

bool SettingsFile::write(size_t place, const uint8_t* data, size_t size) {
  return size <= kPlaceBytes && write_all(fd_, start_of(place), data, size);
}

}  // namespace signalbox::host
