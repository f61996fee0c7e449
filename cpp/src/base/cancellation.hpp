// SPDX-License-Identifier: MIT
// Asks the caller now and then whether to go on, and tells how far the work is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <thread>

#include <ndreg_preeval/run_options.hpp>

namespace ndreg_preeval::detail {

// Thrown in threads that see that the calling one was told to stop; that one's error is to be told.
struct CancelledElsewhere : std::exception {};

// One per call, shared by its threads. Only the thread that made it asks; the others just see
// the answer.
class Cancellation {
 public:
  // `total`: images that will be finished.
  explicit Cancellation(const RunOptions& run, std::size_t total = 0);

  // Throws Cancelled once the caller wants to stop, CancelledElsewhere after that; cheap enough for
  // inner loops.
  void check();

  // Any thread may say so.
  void finished_one() noexcept { done_.fetch_add(1, std::memory_order_relaxed); }

  // All images are finished: say so.
  void finished() const;

  // Whether the caller wants to stop, or asking failed: every later check() throws.
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds interval{50};

  bool asks() const noexcept { return run_.should_stop || (run_.progress && total_ > 0); }

  const RunOptions& run_;
  std::size_t total_;
  std::atomic<std::size_t> done_{0};
  std::thread::id caller_;
  std::chrono::steady_clock::time_point next_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace ndreg_preeval::detail
