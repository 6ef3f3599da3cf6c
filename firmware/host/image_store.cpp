#include "host/image_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "host/durable_file.h"
#include "host/log.h"

namespace signalbox::host {
namespace {

constexpr char kBootName[] = "boot";
constexpr char kMarkerName[] = "incoming";
// What a power cut can cost of a download, and how often the disk is waited for.
constexpr uint32_t kSyncBytes = 64 * 1024;

}  // namespace

ImageStore::ImageStore(std::string folder, const CrashPoint& crash)
    : folder_(std::move(folder)), crash_(crash) {}

ImageStore::~ImageStore() { close_image(); }

std::string ImageStore::open() {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return "cannot make " + folder_ + ": " + strerror(errno);
  }
  if (::access(folder_.c_str(), R_OK | W_OK | X_OK) != 0) {
    return "cannot use " + folder_ + ": " + strerror(errno);
  }
  const std::string text = read_small_file(folder_ + "/" + kBootName);
  boot_ = BootFile();
  if (!text.empty() && !parse_boot_file(text, boot_)) {
    log_line("boot file unreadable, built-in firmware started");
  }
  running_ = boot_.active;
  return "";
}

std::string ImageStore::path_of(Image image) const {
  return folder_ + "/image-" + static_cast<char>(image);
}

const char* ImageStore::platform() const {
#if defined(__linux__) && defined(__x86_64__)
  return "linux-x64";
#elif defined(__linux__) && defined(__aarch64__)
  return "linux-arm64";
#else
#error "name this platform: an image for another one must be refused"
#endif
}

UpdatePort::Begun ImageStore::begin(const UpdatePlan& plan, uint32_t& kept) {
  close_image();
  plan_ = plan;
  target_ = boot_.active == Image::kA ? Image::kB : Image::kA;
  const std::string path = path_of(target_);
  kept = kept_of(plan);
  if (kept == 0) {
    // First the record of how much of it is valid.
    ::unlink((folder_ + "/" + kMarkerName).c_str());
    ::unlink(path.c_str());
    if (!sync_folder(folder_)) return Begun::kFailed;
  }
  struct statvfs disk = {};
  if (::statvfs(folder_.c_str(), &disk) != 0) return Begun::kFailed;
  if (disk.f_bavail * disk.f_frsize < plan.size - kept) return Begun::kNoRoom;
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0700);
  if (fd_ < 0 || ::ftruncate(fd_, kept) != 0) return Begun::kFailed;
  if (kept > 0) return Begun::kReady;
  return replace_file(folder_, kMarkerName, marker(), crash_, "incoming")
             ? Begun::kReady
             : Begun::kFailed;
}

// Each part was synced before the next one was started.
uint32_t ImageStore::kept_of(const UpdatePlan& plan) const {
  struct stat status = {};
  if (read_small_file(folder_ + "/" + kMarkerName) != marker() ||
      ::stat(path_of(target_).c_str(), &status) != 0 || status.st_size <= 0 ||
      status.st_size > static_cast<off_t>(plan.size)) {
    return 0;
  }
  const uint32_t size = static_cast<uint32_t>(status.st_size);
  return (size - 1) / kSyncBytes * kSyncBytes;
}

bool ImageStore::write(uint32_t offset, const uint8_t* data, size_t size) {
  if (offset >= plan_.size / 2) crash_.pass("downloading");
  if (::pwrite(fd_, data, size, offset) != static_cast<ssize_t>(size)) return false;
  const uint32_t end = offset + static_cast<uint32_t>(size);
  return offset / kSyncBytes == end / kSyncBytes || ::fdatasync(fd_) == 0;
}

bool ImageStore::finish() {
  const bool synced = ::fchmod(fd_, 0700) == 0 && ::fsync(fd_) == 0;
  crash_.pass("stored");
  return synced;
}

bool ImageStore::read(uint32_t offset, uint8_t* into, size_t size) {
  if (offset >= plan_.size / 2) crash_.pass("reading_back");
  return ::pread(fd_, into, size, offset) == static_cast<ssize_t>(size);
}

bool ImageStore::arm() {
  // A file that is open for writing cannot be run.
  close_image();
  crash_.pass("before_arm");
  BootFile next;
  next.active = target_;
  next.previous = running_;
  next.version = plan_.version;
  next.record.unconfirmed = true;
  // A download that begins after this would go to the other place.
  if (!sync_folder(folder_) || !keep(next, "arm")) return false;
  ::unlink((folder_ + "/" + kMarkerName).c_str());
  crash_.pass("armed");
  return true;
}

void ImageStore::discard() {
  close_image();
  ::unlink((folder_ + "/" + kMarkerName).c_str());
  if (target_ != Image::kNone) ::unlink(path_of(target_).c_str());
  target_ = Image::kNone;
}

bool ImageStore::store(const BootRecord& record) {
  if (boot_.record.unconfirmed && !record.unconfirmed) crash_.pass("before_confirm");
  BootFile next = boot_;
  next.record = record;
  return keep(next, "record");
}

bool ImageStore::can_roll_back() {
  if (boot_.previous == Image::kNone) return false;
  return boot_.previous == Image::kBuiltIn ||
         ::access(path_of(boot_.previous).c_str(), X_OK) == 0;
}

bool ImageStore::roll_back(const BootRecord& record) {
  BootFile next;
  next.active = boot_.previous;
  next.record = record;
  return keep(next, "roll_back");
}

bool ImageStore::keep(const BootFile& boot, const char* prefix) {
  if (!replace_file(folder_, kBootName, format_boot_file(boot), crash_, prefix)) {
    log_line("boot file not stored: %s", strerror(errno));
    return false;
  }
  boot_ = boot;
  return true;
}

std::string ImageStore::marker() const {
  std::string text(1, static_cast<char>(target_));
  text += " " + std::to_string(plan_.size) + " ";
  for (const uint8_t byte : plan_.digest) {
    char hex[3];
    snprintf(hex, sizeof hex, "%02x", byte);
    text += hex;
  }
  return text + "\n";
}

void ImageStore::close_image() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace signalbox::host
