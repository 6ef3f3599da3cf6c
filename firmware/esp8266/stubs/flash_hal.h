// What our shell uses of the Arduino core's flash_hal.h: where the flash for a file
// system lies, declared so that a compiler can check the shell without it.
#pragma once

#include <stdint.h>

extern uint32_t stub_fs_address;
extern uint32_t stub_fs_size;
#define FS_PHYS_ADDR stub_fs_address
#define FS_PHYS_SIZE stub_fs_size
