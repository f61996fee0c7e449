// SPDX-License-Identifier: MIT
// Threads that work on one image together, each with scratch memory of its own: those of a team,
// or whoever of the same call has nothing else to do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "base/cancellation.hpp"
#include "threads/parallel.hpp"
#include "threads/shared_loops.hpp"

namespace ndreg_preeval::detail {

template <class T>
class Team {
 public:
  explicit Team(std::size_t scratch_size) : scratch_size_(scratch_size) {
    scratch_.emplace_back(scratch_size);
  }

  // As many threads as there is memory for, one at least.
  void resize(std::size_t threads) {
    loops_ = nullptr;
    threads_ = 1;
    threads_ = std::min(threads, reserve(threads));
  }

  // About so many threads, whose memory is their own business.
  void open_to(SharedLoops& loops, std::size_t threads) noexcept {
    loops_ = threads > 1 ? &loops : nullptr;
    threads_ = threads;
  }

  std::size_t size() const noexcept { return threads_; }

  // Memory for so many threads; returns for how many there is, one at least.
  std::size_t reserve(std::size_t threads) {
    try {
      while (scratch_.size() < threads) {
        const Seat seat(scratch_.size());
        scratch_.emplace_back(scratch_size_);
      }
    } catch (const std::bad_alloc&) {  // for as many as that
    }
    return scratch_.size();
  }

  // That of the calling thread, or of another one.
  T* scratch(std::size_t thread = 0) noexcept { return scratch_[thread].data(); }

  // Calls task(index, scratch) for every index below count, each once.
  template <class Task>
  void for_each(std::size_t count, Cancellation& cancellation, const Task& task) {
    if (loops_ != nullptr && count > 1) {
      loops_->for_each(count, scratch(), task);
      return;
    }
    if (threads_ == 1 || loops_ != nullptr) {
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
  SharedLoops* loops_ = nullptr;
  std::vector<AlignedBuffer<T>> scratch_;
};

}  // namespace ndreg_preeval::detail
