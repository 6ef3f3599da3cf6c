// What our shell uses of the chip's SDK, declared so that a compiler can check the shell
// without it.
#pragma once

#include <stdint.h>

#define STATION_IF 0x00
#define SYS_CPU_160MHZ 160

bool wifi_set_macaddr(uint8_t interface, uint8_t* address);
bool system_update_cpu_freq(uint8_t mhz);
