// SPDX-License-Identifier: MIT
// What happens to each frequency of a reference image.
#pragma once

#include "kernel/cross_power.hpp"

namespace ndreg_preeval::kernel {
namespace {

// The low pass over h w along one group, and the sum of what it lets pass.
template <class T, std::size_t n>
class PassedMagnitudes {
  using V = vector_of<T, n>;

 public:
  PassedMagnitudes(const ImagePlan<T>& plan, const double* low_y, std::size_t group) noexcept
      : pixels_(static_cast<double>(plan.height) * static_cast<double>(plan.width)) {
    for (std::size_t lane = 0; lane < n && group * n + lane < plan.frequencies; ++lane) {
      const std::size_t ky = group * n + lane;
      low_y_[lane] = low_y[ky];
      times_[lane] = plan.counts_twice(ky) ? 2 : 1;
    }
  }

  // Factors where the low pass along x is this. So many frequencies counted with those before.
  NDREG_PREEVAL_NOINLINE V change(double low_x, const V& counts) noexcept {
    T passed[n];
    store_lanes(counts, passed);
    T factors[n];
    for (std::size_t lane = 0; lane < n; ++lane) {
      sum_ += static_cast<double>(passed[lane]) * magnitudes_[lane];
      const double magnitude = low_y_[lane] * low_x;
      factors[lane] = static_cast<T>(magnitude / pixels_);
      magnitudes_[lane] = times_[lane] * magnitude;
    }
    return load_lanes<V>(factors);
  }

  double sum() const noexcept { return sum_; }

 private:
  double pixels_;
  double low_y_[n] = {};  // 0 in lanes that are no frequencies
  double times_[n] = {};  // how often they are in the whole spectrum
  double magnitudes_[n] = {};
  double sum_ = 0;
};

// Unit phases (with a gain: the values themselves) times the low pass, over h w, for the lanes of
// a group; 0 where only rounding noise. Sums go on.
template <class T, std::size_t n>
class Whitening {
  using V = vector_of<T, n>;

 public:
  Whitening(const ImagePlan<T>& plan, const WhitenJob<T>& job, std::size_t group,
            PassedMagnitudes<T, n>& passed) noexcept
      : low_pass_(job.low_x),
        second_low_pass_(job.second_low_x),
        passed_(&passed),
        floor_(V{} + 2 * job.floor),
        gain_(V{} + static_cast<T>(job.gain)),
        lost_(V{} + static_cast<T>(job.lost)),
        plain_(job.gain != 0),
        mean_is_out_(group == 0 && !job.window.any()),
        low_x_(job.low_x[0]),
        factor_(passed.change(low_x_, V{})) {
    T second_y[n] = {};
    for (std::size_t lane = 0; lane < n && group * n + lane < plan.frequencies; ++lane) {
      if (second_low_pass_ == nullptr) break;
      second_y[lane] = static_cast<T>(job.second_low_y[group * n + lane]);
    }
    second_low_y_ = load_lanes<V>(second_y);
  }

  NDREG_PREEVAL_INLINE void operator()(std::size_t kx, const Complex<V>& value, T* to) noexcept {
    // Without a low pass it is the same everywhere.
    if (low_pass_[kx] != low_x_) {
      low_x_ = low_pass_[kx];
      factor_ = passed_->change(low_x_, counts_);
      counts_ = V{};
    }
    T sizes[n];
    store_lanes(V(value.re * value.re + value.im * value.im), sizes);
    for (T& size : sizes) size = std::sqrt(size);
    const V size = load_lanes<V>(sizes);
    const V phase = factor_ / size;
    const V all = plain_ ? V(factor_ * gain_) : phase;
    const V weight = size > floor_ ? all : V{};
    store_lanes(V(value.re * weight), to);
    store_lanes(V(value.im * weight), to + n);
    counts_ += size > floor_ ? V{} + T(1) : V{};
    if constexpr (has_doubts<T>) {
      V lost = factor_ * lost_;
      // A mean that was taken out is nothing to doubt; behind a window it is a frequency like
      // others.
      if (mean_is_out_ && kx == 0) lost = without_first(lost);
      const V doubt = size > floor_ ? phase : lost;
      doubts_ += doubt * doubt;
      if (second_low_pass_ != nullptr) {
        const V second = doubt * second_low_y_ * static_cast<T>(second_low_pass_[kx]);
        second_doubts_ += second * second;
      }
    }
  }

  WhitenedSums sums() noexcept {
    passed_->change(0, counts_);
    counts_ = V{};
    return {passed_->sum(), {sum_of_lanes<T, n>(doubts_), sum_of_lanes<T, n>(second_doubts_)}};
  }

 private:
  static V without_first(const V& value) noexcept {
    T lanes[n];
    store_lanes(value, lanes);
    lanes[0] = T(0);
    return load_lanes<V>(lanes);
  }

  const double* low_pass_;
  const double* second_low_pass_;
  PassedMagnitudes<T, n>* passed_;
  V floor_;
  V gain_;
  V lost_;
  bool plain_;
  bool mean_is_out_;
  double low_x_;  // of the frequencies before
  V factor_;
  V second_low_y_{};
  V counts_{};
  V doubts_{};
  V second_doubts_{};
};

}  // namespace
}  // namespace ndreg_preeval::kernel
