// SPDX-License-Identifier: MIT
// Uninitialised memory on a cache line border, for vectors; large pieces on large pages.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>

#include "base/kept_memory.hpp"

namespace ndreg_preeval::detail {

// Memory for the thread whose `Seat` it is where the buffer is made.
template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size)
      : data_(allocate(size), Free{size, Seat::current()}), size_(size) {}

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    std::size_t size = 0;
    unsigned seat = 0;
    void operator()(T* pointer) const noexcept { give_memory(pointer, size * sizeof(T), seat); }
  };

  static T* allocate(std::size_t size) {
    if (size > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(take_memory(size * sizeof(T)));
  }

  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace ndreg_preeval::detail
