// SPDX-License-Identifier: MIT
#include "threads/shared_loops.hpp"

#include <chrono>

namespace ndreg_preeval::detail {
namespace {

// After which a thread that waits asks whether to stop, if it is the one that asks.
constexpr std::chrono::milliseconds patience{20};

}  // namespace

void SharedLoops::run(Loop& loop, void* scratch) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    loop.after = first_;
    if (first_ != nullptr) first_->before = &loop;
    first_ = &loop;
    if (idle_ > 0) changed_.notify_all();
  }
  work(loop, scratch);
  std::unique_lock<std::mutex> lock(mutex_);
  (loop.before != nullptr ? loop.before->after : first_) = loop.after;
  if (loop.after != nullptr) loop.after->before = loop.before;
  while (!changed_.wait_for(lock, patience, [&loop] { return loop.helpers == 0; })) {
    lock.unlock();
    try {
      cancellation_.check();
    } catch (...) {
      keep(loop, 0);
    }
    lock.lock();
  }
  lock.unlock();
  if (loop.error) std::rethrow_exception(loop.error);
  if (loop.cancelled) throw CancelledElsewhere{};
}

void SharedLoops::work(Loop& loop, void* scratch) noexcept {
  std::size_t index = 0;
  try {
    for (;;) {
      cancellation_.check();
      index = loop.next.fetch_add(1, std::memory_order_relaxed);
      if (index >= loop.count) return;
      loop.call(loop.task, index, scratch);
    }
  } catch (...) {
    keep(loop, index);
  }
}

void SharedLoops::keep(Loop& loop, std::size_t index) noexcept {
  const std::exception_ptr error = std::current_exception();
  const std::lock_guard<std::mutex> lock(mutex_);
  loop.next.store(loop.count, std::memory_order_relaxed);
  try {
    std::rethrow_exception(error);
  } catch (const CancelledElsewhere&) {  // the thread that was told to stop has the error
    loop.cancelled = true;
  } catch (...) {
    const std::size_t rank = cancellation_.cancelled() ? 0 : index + 1;
    if (loop.error && loop.error_index <= rank) return;
    loop.error = error;
    loop.error_index = rank;
  }
}

// The open loop with work left and the fewest helpers.
SharedLoops::Loop* SharedLoops::most_in_need() const noexcept {
  Loop* found = nullptr;
  for (Loop* loop = first_; loop != nullptr; loop = loop->after) {
    if (loop->next.load(std::memory_order_relaxed) >= loop->count) continue;
    if (found == nullptr || loop->helpers < found->helpers) found = loop;
  }
  return found;
}

void SharedLoops::help(void* scratch) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (pieces_ > 0) {
    Loop* const loop = most_in_need();
    if (loop != nullptr) {
      ++loop->helpers;
      lock.unlock();
      work(*loop, scratch);
      lock.lock();
      if (--loop->helpers == 0) changed_.notify_all();
      continue;
    }
    ++idle_;
    changed_.wait_for(lock, patience);
    --idle_;
    lock.unlock();
    cancellation_.check();
    lock.lock();
  }
}

void SharedLoops::piece_is_done() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (--pieces_ == 0) changed_.notify_all();
}

}  // namespace ndreg_preeval::detail
