// SPDX-License-Identifier: MIT
#include "base/cancellation.hpp"

namespace ndreg_preeval::detail {

Cancellation::Cancellation(const RunOptions& run, std::size_t total)
    : run_(run),
      total_(total),
      caller_(std::this_thread::get_id()),
      next_(std::chrono::steady_clock::now() + interval) {}

void Cancellation::check() {
  if (cancelled()) throw CancelledElsewhere{};
  if (!asks() || std::this_thread::get_id() != caller_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + interval;
  bool enough = false;
  try {
    if (run_.progress && total_ > 0) run_.progress(done_.load(std::memory_order_relaxed), total_);
    if (run_.should_stop) enough = run_.should_stop();
  } catch (...) {
    cancelled_.store(true, std::memory_order_relaxed);
    throw;
  }
  if (!enough) return;
  cancelled_.store(true, std::memory_order_relaxed);
  throw Cancelled("stopped by the caller");
}

void Cancellation::finished() const {
  if (run_.progress && total_ > 0) run_.progress(total_, total_);
}

}  // namespace ndreg_preeval::detail
