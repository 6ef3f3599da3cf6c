// The images of a unit on a PC, in a folder (docs/unit-link.md section 11.5):
//
//   boot       which image the next start runs, and what is known of its starts
//   image-a    what updates brought, in turn; the running one is never written to
//   image-b
//   incoming   what is being downloaded: digest, size and place
//
// The image that stands in no folder is the built-in one, which was started by hand.
#pragma once

#include <string>

#include "core/update_port.h"
#include "host/boot_file.h"
#include "host/crash_point.h"

namespace signalbox::host {

class ImageStore final : public UpdatePort, public BootPort {
 public:
  ImageStore(std::string folder, const CrashPoint& crash);
  ~ImageStore();
  ImageStore(const ImageStore&) = delete;
  ImageStore& operator=(const ImageStore&) = delete;

  // Empty when the folder can be used, else what is wrong with it.
  std::string open();

  // What the next start runs; an empty folder means the built-in image.
  const BootFile& boot_file() const { return boot_; }
  std::string path_of(Image image) const;
  // The image that a rollback of the armed one returns to; by default the active one.
  void run_as(Image image) { running_ = image; }

  const char* platform() const override;
  Begun begin(const UpdatePlan& plan, uint32_t& kept) override;
  bool write(uint32_t offset, const uint8_t* data, size_t size) override;
  bool finish() override;
  bool read(uint32_t offset, uint8_t* into, size_t size) override;
  bool arm() override;
  void discard() override;

  void load(BootRecord& out) override { out = boot_.record; }
  bool store(const BootRecord& record) override;
  bool can_roll_back() override;
  bool roll_back(const BootRecord& record) override;

 private:
  bool keep(const BootFile& boot, const char* prefix);
  std::string marker() const;
  uint32_t kept_of(const UpdatePlan& plan) const;
  void close_image();

  const std::string folder_;
  const CrashPoint& crash_;
  BootFile boot_;
  Image running_ = Image::kBuiltIn;
  Image target_ = Image::kNone;
  UpdatePlan plan_ = {};
  int fd_ = -1;
};

}  // namespace signalbox::host
