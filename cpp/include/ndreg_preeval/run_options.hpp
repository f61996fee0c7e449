// SPDX-License-Identifier: MIT
/// \file run_options.hpp
/// How a call runs: threads, progress, and how to stop it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>

#include <ndreg_preeval/export.hpp>

namespace ndreg_preeval {

/// Thrown when the caller's `should_stop` said so.
class NDREG_PREEVAL_API Cancelled : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How a call runs. No result depends on it.
struct RunOptions {
  /// 0: `default_threads()`, or fewer where there is little to do. Threads take an image each;
  /// where there are fewer (large) images than threads, they share one.
  int num_threads = 0;
  /// Asked about every 50 ms, always from the calling thread; true ends the call with Cancelled.
  std::function<bool()> should_stop{};
  /// Told about every 50 ms how many images of the call are finished, always from the calling
  /// thread, and once more when all are. Calls that take no images tell nothing.
  std::function<void(std::size_t done, std::size_t total)> progress{};
  /// How messages count the first image of the call; by default 0 (StackScorer: after those that it
  /// has, the reference image being 0).
  std::optional<std::size_t> first_index{};
  /// Whether the pixels and the mask of the reference image stay where they are, and as they are,
  /// as long as the scorer that is made of it is used: then it needs no copy of them.
  bool reference_stays = false;
  /// Of StackScorer::add(): whether the images stay likewise until the last result() was asked for.
  /// Otherwise some of those with a peak at zero shift are copied (static_pattern.hpp).
  bool images_stay = false;
};

}  // namespace ndreg_preeval
