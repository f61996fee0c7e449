// SPDX-License-Identifier: MIT
// Asks the caller now and then whether to go on.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace ndreg_preeval::detail {

// One per call, shared by its threads. Only the thread that made it asks; the others just see
// the answer.
class Stopper {
 public:
  explicit Stopper(const std::function<bool()>& should_stop);

  // Throws Cancelled once the caller wants to stop; cheap enough for inner loops.
  void check();

  // Makes every later check() throw: another thread failed, or asking did.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds interval{50};

  const std::function<bool()>& should_stop_;
  std::thread::id caller_;
  std::chrono::steady_clock::time_point next_;
  std::atomic<bool> stopped_{false};
};

}  // namespace ndreg_preeval::detail
