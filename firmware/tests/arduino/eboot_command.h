// What the shell uses of the Arduino core's eboot_command.h: the command is kept.
#pragma once

#include <stdint.h>

enum action_t { ACTION_COPY_RAW = 0x00000001 };

struct eboot_command {
  uint32_t magic;
  enum action_t action;
  uint32_t args[29];
  uint32_t crc32;
};

inline eboot_command kept_eboot_command = {};
inline void eboot_command_write(eboot_command* command) { kept_eboot_command = *command; }
