// SPDX-License-Identifier: MIT
// Memory for images and spectra that is kept for the next one: fresh pages cost more than what is
// done in them.
//
// One store for the whole process, by size; what a thread had comes back to that thread. Bounded
// (`kept_memory_limit`), given back by `release_kept_memory`, and where memory is short. Forks find
// it as it is.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

namespace ndreg_preeval::detail {

constexpr std::size_t cache_line = 64;
constexpr std::size_t large_page = std::size_t{1} << 21;

// Which of the threads of a call memory is for, from 0. Where a thread first touches a page decides
// which part of a machine's memory it is in.
class Seat {
 public:
  // Memory that the calling thread takes is for this one, as long as the object lives.
  explicit Seat(std::size_t seat) noexcept;
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat();

  static unsigned current() noexcept;

 private:
  unsigned before_;
};

// Uninitialised memory on the border of a cache line, or of a large page where it holds one; of
// earlier calls, if there is any. Throws std::bad_alloc.
void* take_memory(std::size_t bytes);

// For later calls, while there is room.
void give_memory(void* memory, std::size_t bytes, unsigned seat) noexcept;

// Returns all that is kept to the system: so many bytes.
std::size_t release_kept_memory() noexcept;

// Bytes that are kept now, and at most. The limit is an eighth of what the process may use, 4 GiB
// at most, unless NDREG_PREEVAL_KEPT_MEMORY says otherwise.
std::size_t kept_memory_bytes() noexcept;
std::size_t kept_memory_limit() noexcept;

// Of which so many are for plans of each precision.
std::size_t kept_plans_limit() noexcept;

// Looks at NDREG_PREEVAL_KEPT_MEMORY again. Returns whether the limit is another one now. Throws
// std::invalid_argument if it is no size.
bool read_kept_memory_limit();

// Small pieces of memory, which come from elsewhere, may be lacking because of what is kept.
template <class Call>
auto again_without_kept_memory(const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    if (release_kept_memory() == 0) throw;
  }
  return call();
}

// For std::vector.
template <class T>
struct KeptAllocator {
  using value_type = T;

  KeptAllocator() = default;
  template <class U>
  KeptAllocator(const KeptAllocator<U>& /*other*/) noexcept {}  // NOLINT(*-explicit-*)

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(take_memory(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    give_memory(memory, count * sizeof(T), Seat::current());
  }

  friend bool operator==(const KeptAllocator& /*a*/, const KeptAllocator& /*b*/) noexcept {
    return true;
  }
  friend bool operator!=(const KeptAllocator& /*a*/, const KeptAllocator& /*b*/) noexcept {
    return false;
  }
};

template <class T>
using KeptVector = std::vector<T, KeptAllocator<T>>;

}  // namespace ndreg_preeval::detail
