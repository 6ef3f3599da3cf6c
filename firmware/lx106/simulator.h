// The world outside the simulated chip.
#pragma once

#include <stdint.h>

// Descriptors 0 to 2 are the console; from 3 on they are QEMU's own, as it was started
// with.
extern "C" int simulator_write(int descriptor, const void* data, int size);
// What has arrived, at most `size` bytes, waiting for the first; 0 at the end.
extern "C" int simulator_read(int descriptor, void* into, int size);
// Positive when `descriptor` is ready for `what` (1: reading) after at most `wait`:
// seconds and microseconds.
extern "C" int simulator_select(int descriptor, int what, const int32_t* wait);

// The program; its result is QEMU's exit code.
int main_program();
