// The world outside the simulated chip.
#pragma once

extern "C" int simulator_write(int descriptor, const void* data, int size);
// Of the console (0): what has arrived, at most `size` bytes; -1 when that is nothing.
extern "C" int simulator_read(int descriptor, void* into, int size);

// The program; its result is QEMU's exit code.
int main_program();
