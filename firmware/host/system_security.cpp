#include "host/system_security.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "core/wipe.h"
#include "host/log.h"

namespace signalbox::host {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

}  // namespace

void SystemSecurity::fill_random(uint8_t* into, size_t size) {
  for (size_t filled = 0; filled < size;) {
    const ssize_t count = getrandom(into + filled, size - filled, 0);
    if (count > 0) filled += static_cast<size_t>(count);
    if (count >= 0 || errno == EINTR) continue;
    log_line("random numbers unavailable: %s", strerror(errno));
    std::abort();
  }
}

std::string read_key_file(const std::string& path, uint8_t (&key)[kKeyBytes]) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "cannot read " + path + ": " + strerror(errno);
  struct stat status = {};
  char text[64];
  const bool is_private = fstat(fd, &status) == 0 && (status.st_mode & kOthers) == 0;
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  const bool good =
      size > 0 && parse_link_key(text, static_cast<size_t>(size), key) && is_private;
  wipe(text, sizeof text);
  if (good) return "";
  wipe(key, sizeof key);
  if (!is_private) return path + " can be read by others: chmod 600 it";
  return path + " contains no key: 44 characters of base64";
}

}  // namespace signalbox::host
