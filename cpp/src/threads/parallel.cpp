// SPDX-License-Identifier: MIT
#include "threads/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>

#if defined(NDREG_PREEVAL_OPENMP)
#include <omp.h>
#endif

#include "threads/helpers.hpp"
#include "threads/omp_guard.hpp"
#include "threads/omp_places.hpp"

namespace ndreg_preeval::detail {
namespace {

constexpr std::chrono::milliseconds patience_with_helpers{20};

// One call: the queue of indices, the first error, and how many threads are through.
class Queue {
 public:
  Queue(std::size_t count, Cancellation& cancellation,
        const std::function<void(std::size_t, std::size_t)>& task)
      : count_(count), cancellation_(cancellation), task_(task) {}

  void work(std::size_t thread) noexcept {
    std::size_t index = 0;
    try {
      for (;;) {
        cancellation_.check();
        index = next_.fetch_add(1, std::memory_order_relaxed);
        if (index >= count_) break;
        task_(index, thread);
      }
    } catch (const CancelledElsewhere&) {  // which keeps its error
    } catch (...) {
      keep(index, std::current_exception());
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    ++left_;
    someone_left_.notify_all();
  }

  // The calling thread has nothing left to do but others have: stay able to stop them. It sleeps,
  // and for those that have not begun, too: OpenMP's own barrier spins for milliseconds first, on
  // the one CPU that they could begin on where another package's idle threads spin on the rest.
  void wait_for_all(std::size_t threads) noexcept {
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        const auto all_left = [this, threads] { return left_ == threads; };
        if (someone_left_.wait_for(lock, patience_with_helpers, all_left)) return;
      }
      ask();
    }
  }

  // For a calling thread that waits, after each bit of patience.
  void ask() noexcept {
    try {
      cancellation_.check();
    } catch (const CancelledElsewhere&) {
    } catch (...) {
      keep(0, std::current_exception());
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  // Indices are handed out in order, and work that was begun is finished: of several errors the
  // one with the lowest index is kept, whatever the threads. To be stopped comes before all.
  void keep(std::size_t index, const std::exception_ptr& error) noexcept {
    const std::size_t rank = cancellation_.cancelled() ? 0 : index + 1;
    const std::lock_guard<std::mutex> lock(mutex_);
    next_.store(count_, std::memory_order_relaxed);
    if (error_ && error_rank_ <= rank) return;
    error_ = error;
    error_rank_ = rank;
  }

  const std::size_t count_;
  Cancellation& cancellation_;
  const std::function<void(std::size_t, std::size_t)>& task_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable someone_left_;
  std::size_t left_ = 0;
  std::exception_ptr error_;
  std::size_t error_rank_ = 0;
};

#if defined(NDREG_PREEVAL_OPENMP)

void run_openmp(std::size_t threads, Queue& queue) {
  [[maybe_unused]] const KeptCpus kept{};
#pragma omp parallel num_threads(static_cast<int>(threads))
  {
    const int thread = omp_get_thread_num();
    queue.work(static_cast<std::size_t>(thread));
    if (thread == 0) queue.wait_for_all(static_cast<std::size_t>(omp_get_num_threads()));
  }
}

#endif

#if defined(NDREG_PREEVAL_OPENMP) || defined(NDREG_PREEVAL_STD_THREADS)

void run_std(std::size_t threads, Queue& queue) {
  const auto work = [](void* given, std::size_t thread) {
    static_cast<Queue*>(given)->work(thread);
  };
  Helpers helpers(threads - 1, work, &queue);
  queue.work(0);
  helpers.close();
  while (!helpers.wait_for(patience_with_helpers)) queue.ask();
}

#endif

}  // namespace

void for_each_index(std::size_t count, std::size_t threads, Cancellation& cancellation,
                    const std::function<void(std::size_t, std::size_t)>& task) {
  threads = std::min(threads, count);
  Queue queue(count, cancellation, task);
#if defined(NDREG_PREEVAL_OPENMP)
  const bool safe = threads > 1 && openmp_is_safe();
  if (safe) threads = threads_openmp_can_start(threads);
  if (threads <= 1) {
    queue.work(0);
  } else if (safe) {
    run_openmp(threads, queue);
  } else {
    run_std(threads, queue);
  }
#elif defined(NDREG_PREEVAL_STD_THREADS)
  if (threads <= 1) {
    queue.work(0);
  } else {
    run_std(threads, queue);
  }
#else
  queue.work(0);
#endif
  queue.rethrow();
}

const char* thread_backend() noexcept {
#if defined(NDREG_PREEVAL_OPENMP)
  return "openmp";
#elif defined(NDREG_PREEVAL_STD_THREADS)
  return "std";
#else
  return "off";
#endif
}

}  // namespace ndreg_preeval::detail
