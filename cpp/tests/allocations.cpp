// SPDX-License-Identifier: MIT
// The linker puts the functions below in place of malloc's family as a test program and the library
// (linked statically) call it; operator new is replaced as the standard allows.
#include "allocations.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace allocations {

std::atomic<long> countdown{-1};
std::atomic<long> counted{0};
std::atomic<std::size_t> largest{0};
std::atomic<bool> for_ever{false};

}  // namespace allocations

namespace {

using namespace allocations;

bool fails(std::size_t size) noexcept {
  ++counted;
  std::size_t most = largest.load();
  while (most < size && !largest.compare_exchange_weak(most, size)) {
  }
  long left = countdown.load();
  while (left >= 0) {
    const long next = left > 0 ? left - 1 : (for_ever ? 0 : -1);
    if (countdown.compare_exchange_weak(left, next)) return left == 0;
  }
  return false;
}

}  // namespace

extern "C" {
void* __real_malloc(std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __real_aligned_alloc(std::size_t align,
                           std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __wrap_malloc(std::size_t size) {        // NOLINT(bugprone-reserved-identifier)
  return fails(size) ? nullptr : __real_malloc(size);
}
void* __wrap_aligned_alloc(std::size_t align,
                           std::size_t size) {  // NOLINT(bugprone-reserved-identifier)
  return fails(size) ? nullptr : __real_aligned_alloc(align, size);
}
}

void* operator new(std::size_t size) {
  void* memory = fails(size) ? nullptr : __real_malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return fails(size) ? nullptr : __real_malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size, std::align_val_t align) {
  const auto border = static_cast<std::size_t>(align);
  void* memory =
      fails(size) ? nullptr : __real_aligned_alloc(border, (size + border) / border * border);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
void* operator new[](std::size_t size, std::align_val_t align) { return operator new(size, align); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
