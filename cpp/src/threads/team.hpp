// SPDX-License-Identifier: MIT
// Threads that work on one image together, each with scratch memory of its own.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "base/cancellation.hpp"
#include "threads/parallel.hpp"

namespace ndreg_preeval::detail {

template <class T>
class Team {
 public:
  explicit Team(std::size_t scratch_size) : scratch_size_(scratch_size) {
    scratch_.emplace_back(scratch_size);
  }

  // As many threads as there is memory for, one at least.
  void resize(std::size_t threads) {
    threads_ = 1;
    try {
      while (scratch_.size() < threads) scratch_.emplace_back(scratch_size_);
    } catch (const std::bad_alloc&) {
      threads = scratch_.size();
    }
    threads_ = threads;
  }

  std::size_t size() const noexcept { return threads_; }

  // The calling thread's.
  T* scratch() noexcept { return scratch_[0].data(); }

  // Calls task(index, scratch) for every index below count, each once.
  template <class Task>
  void for_each(std::size_t count, Cancellation& cancellation, const Task& task) {
    if (threads_ == 1) {
      for (std::size_t index = 0; index < count; ++index) {
        cancellation.check();
        task(index, scratch());
      }
      return;
    }
    for_each_index(count, threads_, cancellation, [&](std::size_t index, std::size_t thread) {
      task(index, scratch_[thread].data());
    });
  }

 private:
  std::size_t scratch_size_;
  std::size_t threads_ = 1;
  std::vector<AlignedBuffer<T>> scratch_;
};

}  // namespace ndreg_preeval::detail
