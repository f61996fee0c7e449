// SPDX-License-Identifier: MIT
// Asks the caller now and then whether to go on.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <thread>

namespace ndreg_preeval::detail {

// Thrown in threads that see that the calling one was told to stop; that one's error is to be told.
struct StoppedByAnother : std::exception {};

// One per call, shared by its threads. Only the thread that made it asks; the others just see
// the answer.
class Stopper {
 public:
  explicit Stopper(const std::function<bool()>& should_stop);

  // Throws Cancelled once the caller wants to stop, StoppedByAnother after that; cheap enough for
  // inner loops.
  void check();

  // Whether the caller wants to stop, or asking failed: every later check() throws.
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds interval{50};

  const std::function<bool()>& should_stop_;
  std::thread::id caller_;
  std::chrono::steady_clock::time_point next_;
  std::atomic<bool> stopped_{false};
};

}  // namespace ndreg_preeval::detail
