// Two places of flash as a file, which is what a process has in their place.
#pragma once

#include <string>

#include "core/flash_port.h"

namespace signalbox::host {

class SettingsFile final : public FlashPort {
 public:
  SettingsFile() = default;
  SettingsFile(const SettingsFile&) = delete;
  SettingsFile& operator=(const SettingsFile&) = delete;
  ~SettingsFile();

  // Creates the file if there is none, readable by its owner only. Empty on success, else
  // one sentence with the reason.
  std::string open(const std::string& path);

  bool read(size_t place, uint8_t* into, size_t size) override;
  bool erase(size_t place) override;
  bool write(size_t place, const uint8_t* data, size_t size) override;

 private:
  int fd_ = -1;
};

}  // namespace signalbox::host
