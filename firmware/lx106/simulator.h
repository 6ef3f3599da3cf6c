// The world outside the simulated chip.
#pragma once

extern "C" int simulator_write(int descriptor, const void* data, int size);

// The program; its result is QEMU's exit code.
int main_program();
