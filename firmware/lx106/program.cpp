// What runs before main: static objects.
#include "lx106/simulator.h"

using Constructor = void (*)();
extern "C" Constructor __init_array_start[];
extern "C" Constructor __init_array_end[];

// Called by a class whose pure virtual function is missing; it cannot happen.
extern "C" void __cxa_pure_virtual() {
  for (;;) {
  }
}
// Static objects are never destroyed: the program ends with the machine.
extern "C" int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
extern "C" {
void* __dso_handle = nullptr;
}

extern "C" int run_program() {
  for (Constructor* each = __init_array_start; each != __init_array_end; ++each)
    (*each)();
  return main_program();
}
