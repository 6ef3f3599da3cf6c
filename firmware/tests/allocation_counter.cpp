#include "tests/allocation_counter.h"

#include <stdlib.h>

#include <new>

namespace {

size_t count = 0;

}  // namespace

extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t items, size_t size);
void* __real_realloc(void* old, size_t size);

void* __wrap_malloc(size_t size) {
  ++count;
  return __real_malloc(size);
}
void* __wrap_calloc(size_t items, size_t size) {
  ++count;
  return __real_calloc(items, size);
}
void* __wrap_realloc(void* old, size_t size) {
  ++count;
  return __real_realloc(old, size);
}
}

void* operator new(size_t size) {
  void* memory = __wrap_malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }

namespace signalbox::test {

size_t allocations() { return count; }

}  // namespace signalbox::test
