// SPDX-License-Identifier: MIT
// Uninitialised memory on a cache line border, for vectors.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>

namespace ndreg_preeval::detail {

constexpr std::size_t cache_line = 64;

template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) : data_(allocate(size)), size_(size) {}

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(T* pointer) const noexcept {
      ::operator delete(pointer, std::align_val_t{cache_line});
    }
  };

  static T* allocate(std::size_t size) {
    if (size > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t{cache_line}));
  }

  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace ndreg_preeval::detail
