// SPDX-License-Identifier: MIT
#include "stopper.hpp"

#include <ndreg_preeval/scorer.hpp>

namespace ndreg_preeval::detail {

Stopper::Stopper(const std::function<bool()>& should_stop)
    : should_stop_(should_stop),
      caller_(std::this_thread::get_id()),
      next_(std::chrono::steady_clock::now() + interval) {}

void Stopper::check() {
  if (stopped()) throw StoppedByAnother{};
  if (!should_stop_ || std::this_thread::get_id() != caller_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + interval;
  bool enough = true;
  try {
    enough = should_stop_();
  } catch (...) {
    stopped_.store(true, std::memory_order_relaxed);
    throw;
  }
  if (!enough) return;
  stopped_.store(true, std::memory_order_relaxed);
  throw Cancelled("stopped by the caller");
}

}  // namespace ndreg_preeval::detail
