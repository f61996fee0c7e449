// SPDX-License-Identifier: MIT
// The spectrum of one image, and the half correlograms that it becomes: the three sweeps, shared by
// threads, and what rounding errors do to them.
#pragma once

#include <cstddef>

#include "base/aligned_buffer.hpp"
#include "base/cancellation.hpp"
#include "base/kept_memory.hpp"
#include "correlation/certainty.hpp"
#include "correlation/metrics.hpp"
#include "correlation/plan.hpp"
#include "correlation/reference.hpp"
#include "image/pixel_sums.hpp"
#include "image/statistics.hpp"
#include "kernel/kernels.hpp"
#include "threads/team.hpp"

namespace ndreg_preeval::detail {

template <class T>
class Spectra {
 public:
  explicit Spectra(const Plan<T>& plan);

  // As of PairScorer.
  void use_threads(std::size_t threads);
  void open_to(SharedLoops& loops, std::size_t threads);
  Team<T>& team() noexcept { return team_; }

  // Spectra of the columns of an image. The sum of squares is no number where pixels are not.
  PixelSums load(const kernel::Source& source, Cancellation& cancellation);

  // Makes a reference of the image that was loaded.
  void whiten_reference(const ImageStatistics& statistics, Reference<T>& reference,
                        Cancellation& cancellation);
  // Whether no pair with this reference can be certain.
  bool is_doubtful(const Reference<T>& reference) const noexcept;

  // Half correlograms with the image that was loaded, in its place; false without evidence.
  bool correlate(const Reference<T>& reference, const ImageStatistics& statistics,
                 Cancellation& cancellation);
  // After correlate().
  Aligned<T> aligned(const Reference<T>& reference, const ImageStatistics& statistics);
  const T* opinion() const noexcept { return opinion_.data(); }
  Certainty certainty_of(const Reference<T>& reference, const ImageStatistics& statistics) const;

 private:
  kernel::WhitenedSums whiten(const kernel::WhitenJob<T>& job, Cancellation& cancellation);
  bool has_edges() noexcept;  // memory for them, for as many threads as the team has
  void find_edges(std::size_t chunks, Cancellation& cancellation);
  template <class Job>
  void add_edges(Job& part, std::size_t chunk, std::size_t chunks) const noexcept;

  const Plan<T>& plan_;
  AlignedBuffer<T> spectrum_;
  AlignedBuffer<T> opinion_;
  AlignedBuffer<T> edges_;  // rows between chunks of groups, where threads share an image
  KeptVector<PixelSums> sums_;
  KeptVector<kernel::WhitenedSums> whitened_;  // [group]
  KeptVector<kernel::Doubts> doubts_;          // [group]
  Team<T> team_;
};

}  // namespace ndreg_preeval::detail
