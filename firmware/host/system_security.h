// Encryption's port on a PC, and the file that a unit's key is in.
#pragma once

#include <string>

#include "core/link_key.h"

namespace signalbox::host {

class SystemSecurity final : public SecurityPort {
 public:
  // From the kernel's generator; ends the program where there is none.
  void fill_random(uint8_t* into, size_t size) override;
  // Nothing watches over a process.
  void rest() override {}
};

// Empty when the file had a key, else what is wrong with it; never anything of its
// content.
std::string read_key_file(const std::string& path, uint8_t (&key)[kKeyBytes]);

}  // namespace signalbox::host
