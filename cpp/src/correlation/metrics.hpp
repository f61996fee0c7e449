// SPDX-License-Identifier: MIT
// The numbers of a pair of images, read off its half correlograms.
#pragma once

#include <vector>

#include <ndreg_preeval/pair_score.hpp>

#include "base/cancellation.hpp"
#include "base/pixel_index.hpp"
#include "correlation/certainty.hpp"
#include "correlation/half_correlogram.hpp"
#include "correlation/plan.hpp"
#include "threads/team.hpp"

namespace ndreg_preeval::detail {

// The aligner's correlogram of a pair.
template <class T>
struct Aligned {
  T* half;          // may be changed: the means of a plain one are added here
  double own_peak;  // of phases: the peak of the reference with itself
  double means;     // product of both means over that of the standard deviations
};

template <class T>
class Metrics {
 public:
  Metrics(const Plan<T>& plan, Team<T>& team);

  // Everything but what is known of the pixels; `opinion`, a half correlogram, where there is one.
  // Returns the sign of the correlogram at its peak, before means are added: less than 0 with
  // contrast turned over, 0 without a peak.
  int measure(PairScore& score, const Aligned<T>& aligner, const T* opinion, Certainty& certainty,
              Cancellation& cancellation);

  // The same of the pair that was measured last, whatever max_shift says.
  PairScore without_limit(const Aligned<T>& aligner, const T* opinion, Certainty& certainty,
                          Cancellation& cancellation);

  // Whether the last pair agrees at zero shift more than by chance, and more than beside it: what
  // static outliers do, and a scene at rest.
  bool zero_stands_out() const noexcept { return zero_stands_out_; }

  // Whether r of the last pair is higher at a shift beyond max_shift than at its peak.
  bool is_higher_beyond_limit() const noexcept { return higher_beyond_; }

  // r, row after row.
  std::vector<double> correlogram(const Aligned<T>& aligner, Cancellation& cancellation);
  std::vector<double> second_opinion(const T* half, Cancellation& cancellation);

 private:
  int measure_within(const Window2D& window, PairScore& score, const Aligned<T>& aligner,
                     const T* opinion, Certainty& certainty, Cancellation& cancellation);
  double add_mean_level(const Aligned<T>& aligner, Cancellation& cancellation);
  void add_level(const Aligned<T>& aligner, T level) const noexcept;
  // `level`: what was added by add_mean_level().
  PixelIndex measure_peak(PairScore& score, double level);
  // Whether a second peak lies two pixels beside it along an axis.
  bool is_split(const PairScore& score, const PixelIndex& pixel, Certainty& certainty);
  bool stands_out_at_zero(const PairScore& score, Certainty& certainty);
  bool same_content(const PairScore& score, double level, double own_peak, Certainty& certainty);
  void measure_shift(PairScore& score, const PixelIndex& pixel);
  void measure_opinion(PairScore& score, const PixelIndex& pixel, const T* opinion,
                       Certainty& certainty, Cancellation& cancellation);
  std::vector<double> sizes(Cancellation& cancellation);

  const Plan<T>& plan_;
  HalfCorrelogram<T> correlogram_;
  double level_ = 0;  // what was added to the last plain correlogram
  bool zero_stands_out_ = false;
  bool higher_beyond_ = false;
};

}  // namespace ndreg_preeval::detail
