// docs/unit-link.md section 11.5: what a folder of images holds whenever the power fails.
#include "host/image_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "host/boot_file.h"
#include "host/durable_file.h"

using namespace signalbox;
using namespace signalbox::host;

namespace {

constexpr uint32_t kSync = 64 * 1024;

struct Folder {
  Folder() {
    char name[] = "/tmp/signalbox-images-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() {
    for (const char* file :
         {"/boot", "/boot.new", "/image-a", "/image-b", "/incoming", "/incoming.new"}) {
      unlink((path + file).c_str());
    }
    rmdir(path.c_str());
  }
  std::string path;
};

UpdatePlan plan_of(uint32_t size, uint8_t name = 1) {
  UpdatePlan plan = {};
  plan.digest[0] = name;
  plan.size = size;
  memcpy(plan.version, "1.5.0", 6);
  return plan;
}

struct Start {
  explicit Start(const Folder& folder, const char* crash_at = "")
      : crash(crash_at), store(folder.path, crash) {
    REQUIRE(store.open().empty());
  }
  uint32_t begin(const UpdatePlan& plan) {
    uint32_t kept = 0;
    REQUIRE(store.begin(plan, kept) == UpdatePort::Begun::kReady);
    return kept;
  }
  bool fill(const UpdatePlan& plan, uint32_t from) {
    const std::vector<uint8_t> piece(896, 0xA5);
    for (uint32_t at = from; at < plan.size; at += 896) {
      const uint32_t left = plan.size - at;
      if (!store.write(at, piece.data(), left < 896 ? left : 896)) return false;
    }
    return store.finish();
  }
  const CrashPoint crash;
  ImageStore store;
};

// Does it in a process that is killed on the way.
template <typename Execution>
void crash_at(const Folder& folder, const char* place, Execution execution) {
  const pid_t child = fork();
  if (child == 0) {
    const CrashPoint crash(place);
    ImageStore store(folder.path, crash);
    if (!store.open().empty()) _exit(1);
    execution(store);
    _exit(5);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CAPTURE(WEXITSTATUS(status));
  REQUIRE(WIFSIGNALED(status));
}

// Downloads, arms and confirms.
void crash_on_the_way(const Folder& folder, const UpdatePlan& plan, const char* place) {
  crash_at(folder, place, [&](ImageStore& store) {
    uint32_t kept = 0;
    uint8_t piece[896] = {};
    if (store.begin(plan, kept) != UpdatePort::Begun::kReady) _exit(2);
    for (uint32_t at = kept; at < plan.size; at += sizeof piece) {
      const uint32_t left = plan.size - at;
      if (!store.write(at, piece, left < sizeof piece ? left : sizeof piece)) _exit(3);
    }
    if (!store.finish() || !store.read(plan.size - 1, piece, 1) || !store.arm()) _exit(4);
    BootRecord record;
    (void)store.store(record);
  });
}

}  // namespace

TEST_CASE("the boot file is read as it was written, and nothing else is one") {
  BootFile file;
  file.active = Image::kB;
  file.previous = Image::kA;
  file.version = "1.5.0";
  file.record.starts = 2;
  file.record.unconfirmed = true;
  memcpy(file.record.failed_version, "1.6.0", 6);
  BootFile read;
  REQUIRE(parse_boot_file(format_boot_file(file), read));
  CHECK(format_boot_file(read) == format_boot_file(file));
  CHECK(read.active == Image::kB);
  CHECK(read.previous == Image::kA);
  CHECK(std::string(read.record.failed_version) == "1.6.0");
  REQUIRE(parse_boot_file(format_boot_file(BootFile()), read));
  CHECK(read.previous == Image::kNone);
  CHECK(read.version.empty());
  for (const char* wrong :
       {"", "active=c previous=0 starts=0 unconfirmed=0 version=- failed=-\n",
        "active=- previous=0 starts=0 unconfirmed=0 version=- failed=-\n",
        "active=a previous=x starts=0 unconfirmed=0 version=- failed=-\n",
        "active=a previous=0 starts=256 unconfirmed=0 version=- failed=-\n",
        "active=a previous=0 starts=0 unconfirmed=0 version=1.5 failed=-\n",
        "active=a previous=0 starts=0 unconfirmed=0 version=-\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_boot_file(wrong, read));
  }
}

TEST_CASE("an empty folder and a broken boot file mean the built-in image") {
  const Folder folder;
  CHECK(Start(folder).store.boot_file().active == Image::kBuiltIn);
  REQUIRE(replace_file(folder.path, "boot", "rubbish", CrashPoint(""), ""));
  CHECK(Start(folder).store.boot_file().active == Image::kBuiltIn);
}

TEST_CASE("two images alternate, and the running one is never written to") {
  const Folder folder;
  for (const Image expected : {Image::kA, Image::kB, Image::kA}) {
    Start start(folder);
    const Image before = start.store.boot_file().active;
    const UpdatePlan plan = plan_of(2000, static_cast<uint8_t>(expected));
    CHECK(start.begin(plan) == 0);
    REQUIRE(start.fill(plan, 0));
    REQUIRE(start.store.arm());
    const BootFile next = Start(folder).store.boot_file();
    CHECK(next.active == expected);
    CHECK(next.previous == before);
    CHECK(next.version == "1.5.0");
    CHECK(next.record.unconfirmed);
    CHECK(access(start.store.path_of(expected).c_str(), X_OK) == 0);
  }
}

TEST_CASE("a download resumes after a restart from what was synced of the same image") {
  const Folder folder;
  const UpdatePlan plan = plan_of(3 * kSync);
  {
    Start start(folder);
    CHECK(start.begin(plan) == 0);
    const std::vector<uint8_t> piece(2 * kSync + 4, 1);
    REQUIRE(start.store.write(0, piece.data(), piece.size()));
  }
  {
    Start start(folder);
    CHECK(start.begin(plan) == 2 * kSync);
    uint8_t byte = 0;
    CHECK(start.store.read(2 * kSync - 1, &byte, 1));
    CHECK(byte == 1);
    CHECK_FALSE(start.store.read(2 * kSync, &byte, 1));
  }
  CHECK(Start(folder).begin(plan_of(3 * kSync, 2)) == 0);
  CHECK(Start(folder).begin(plan) == 0);
}

TEST_CASE("what was synced last does not count before more was written") {
  const Folder folder;
  const UpdatePlan plan = plan_of(3 * kSync);
  {
    Start start(folder);
    start.begin(plan);
    const std::vector<uint8_t> piece(kSync, 1);
    REQUIRE(start.store.write(0, piece.data(), piece.size()));
  }
  CHECK(Start(folder).begin(plan) == 0);
}

TEST_CASE("a discarded image is gone") {
  const Folder folder;
  Start start(folder);
  const UpdatePlan plan = plan_of(2000);
  start.begin(plan);
  REQUIRE(start.fill(plan, 0));
  start.store.discard();
  CHECK(access((folder.path + "/image-a").c_str(), F_OK) != 0);
  CHECK(access((folder.path + "/incoming").c_str(), F_OK) != 0);
}

TEST_CASE("going back needs an image to go back to") {
  const Folder folder;
  Start start(folder);
  CHECK_FALSE(start.store.can_roll_back());
  const UpdatePlan plan = plan_of(2000);
  start.begin(plan);
  REQUIRE(start.fill(plan, 0));
  REQUIRE(start.store.arm());
  Start next(folder);
  CHECK(next.store.can_roll_back());
  BootRecord record;
  memcpy(record.failed_version, "1.5.0", 6);
  REQUIRE(next.store.roll_back(record));
  const Start last(folder);
  CHECK(last.store.boot_file().active == Image::kBuiltIn);
  CHECK(last.store.boot_file().previous == Image::kNone);
  CHECK(std::string(last.store.boot_file().record.failed_version) == "1.5.0");
}

TEST_CASE(
    "a power cut leaves the old image or the new one, and a download that goes on") {
  const UpdatePlan plan = plan_of(3 * kSync);
  for (const char* place : {"incoming_written", "incoming_renamed", "downloading",
                            "stored", "reading_back", "before_arm", "arm_written"}) {
    CAPTURE(place);
    const Folder folder;
    crash_on_the_way(folder, plan, place);
    Start start(folder);
    CHECK(start.store.boot_file().active == Image::kBuiltIn);
    const uint32_t kept = start.begin(plan);
    CHECK(kept <= plan.size);
    REQUIRE(start.fill(plan, kept));
    REQUIRE(start.store.arm());
    CHECK(Start(folder).store.boot_file().active == Image::kA);
  }
  for (const char* place : {"arm_renamed", "armed", "before_confirm", "record_written"}) {
    CAPTURE(place);
    const Folder folder;
    crash_on_the_way(folder, plan, place);
    Start start(folder);
    CHECK(start.store.boot_file().active == Image::kA);
    CHECK(start.store.boot_file().record.unconfirmed);
    CHECK(start.store.can_roll_back());
    CHECK(access(start.store.path_of(Image::kA).c_str(), X_OK) == 0);
  }
}

TEST_CASE("a power cut while a firmware is confirmed leaves it, confirmed or not") {
  const Folder folder;
  crash_on_the_way(folder, plan_of(2000), "record_renamed");
  const Start start(folder);
  CHECK(start.store.boot_file().active == Image::kA);
  CHECK_FALSE(start.store.boot_file().record.unconfirmed);
}

TEST_CASE("a power cut while the unit goes back is before it or after it") {
  for (const bool is_after : {false, true}) {
    CAPTURE(is_after);
    const Folder folder;
    {
      Start start(folder);
      const UpdatePlan plan = plan_of(2000);
      start.begin(plan);
      REQUIRE(start.fill(plan, 0));
      REQUIRE(start.store.arm());
    }
    const char* place = is_after ? "roll_back_renamed" : "roll_back_written";
    crash_at(folder, place, [](ImageStore& store) {
      BootRecord record;
      memcpy(record.failed_version, "1.5.0", 6);
      (void)store.roll_back(record);
    });
    Start start(folder);
    const BootFile& boot = start.store.boot_file();
    CHECK(boot.active == (is_after ? Image::kBuiltIn : Image::kA));
    // Before: it is as unconfirmed as it was, and can still go back.
    CHECK(boot.record.unconfirmed == !is_after);
    CHECK(start.store.can_roll_back() == !is_after);
    CHECK(std::string(boot.record.failed_version) == (is_after ? "1.5.0" : ""));
  }
}
