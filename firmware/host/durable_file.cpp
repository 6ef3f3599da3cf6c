#include "host/durable_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signalbox::host {

std::string read_small_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  char text[4096];
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  if (size <= 0 || static_cast<size_t>(size) == sizeof text) return "";
  return std::string(text, static_cast<size_t>(size));
}

bool replace_file(const std::string& folder, const std::string& name,
                  const std::string& content, const CrashPoint& crash,
                  const std::string& prefix) {
  const std::string path = folder + "/" + name;
  const std::string fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = ::write(fd, content.data(), content.size()) ==
                           static_cast<ssize_t>(content.size()) &&
                       ::fsync(fd) == 0;
  if (::close(fd) != 0 || !written) return false;
  crash.pass((prefix + "_written").c_str());
  if (::rename(fresh.c_str(), path.c_str()) != 0) return false;
  crash.pass((prefix + "_renamed").c_str());
  return sync_folder(folder);
}

bool sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::fsync(fd) == 0;
  return ::close(fd) == 0 && synced;
}

}  // namespace signalbox::host
