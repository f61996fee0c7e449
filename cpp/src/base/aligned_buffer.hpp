// SPDX-License-Identifier: MIT
// Uninitialised memory on a cache line border, for vectors; large pieces on large pages.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ndreg_preeval::detail {

constexpr std::size_t cache_line = 64;
constexpr std::size_t large_page = std::size_t{1} << 21;

template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) : data_(allocate(size), Free{size}), size_(size) {}

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  // Sweeps touch as many pages at a time as there are rows: fewer, larger ones are found faster.
  static constexpr std::align_val_t border(std::size_t size) noexcept {
    return std::align_val_t{size * sizeof(T) < large_page ? cache_line : large_page};
  }

  struct Free {
    std::size_t size = 0;
    void operator()(T* pointer) const noexcept { ::operator delete(pointer, border(size)); }
  };

  static T* allocate(std::size_t size) {
    if (size > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) throw std::bad_alloc();
    void* memory = ::operator new(size * sizeof(T), border(size));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    // Whole pages only; where the system does not want to, nothing is lost.
    const std::size_t bytes = size * sizeof(T) / large_page * large_page;
    if (bytes > 0) static_cast<void>(madvise(memory, bytes, MADV_HUGEPAGE));
#endif
    return static_cast<T*>(memory);
  }

  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace ndreg_preeval::detail
