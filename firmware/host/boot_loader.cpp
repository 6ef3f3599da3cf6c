#include "host/boot_loader.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "host/log.h"

namespace signalbox::host {

const char kStartedByOption[] = "--started-by";

namespace {

std::string own_path() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : "";
}

// Returns only when it failed.
void run_image(const std::string& path, std::vector<std::string> arguments) {
  arguments[0] = path;
  arguments.insert(arguments.end(), {kStartedByOption, own_path()});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(&argument[0]);
  pointers.push_back(nullptr);
  ::execv(path.c_str(), pointers.data());
  log_line("cannot run %s: %s", path.c_str(), strerror(errno));
}

}  // namespace

bool load_image(ImageStore& store, const LoadPlan& plan) {
  for (;;) {
    const BootFile& boot = store.boot_file();
    const std::string version =
        boot.active == Image::kBuiltIn ? plan.own_version : boot.version;
    BootGuard guard(store, version.c_str(), plan.rules);
    switch (guard.start()) {
      case BootGuard::Start::kSafe:
        store.run_as(Image::kBuiltIn);
        return true;
      case BootGuard::Start::kRestart:
        log_line("rollback version=%s: does not start", version.c_str());
        continue;
      case BootGuard::Start::kNormal:
        break;
    }
    if (boot.active == Image::kBuiltIn) return false;
    run_image(store.path_of(boot.active), plan.arguments);
    // It cannot even be run: as good as all its starts. This ends, since each turn counts
    // one.
  }
}

}  // namespace signalbox::host
