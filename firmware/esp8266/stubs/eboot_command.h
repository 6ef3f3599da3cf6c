// What our shell uses of the Arduino core's eboot_command.h, declared so that a compiler
// can check the shell without it.
#pragma once

#include <stdint.h>

extern "C" {

enum action_t { ACTION_COPY_RAW = 0x00000001, ACTION_LOAD_APP = 0xffffffff };

struct eboot_command {
  uint32_t magic;
  enum action_t action;
  uint32_t args[29];
  uint32_t crc32;
};

void eboot_command_write(struct eboot_command* command);
}
