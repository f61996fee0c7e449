// SPDX-License-Identifier: MIT
// What happens to each frequency of an image between its transforms along x.
#pragma once

#include "kernel/fft/butterflies.hpp"
#include "kernel/kernels.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Whether Doubts are added up.
template <class T>
constexpr bool has_doubts = sizeof(T) < sizeof(double);

template <class T, std::size_t n, class V>
double sum_of_lanes(const V& value) noexcept {
  T lanes[n];
  store_lanes(value, lanes);
  double sum = 0;
  for (const T lane : lanes) sum += static_cast<double>(lane);
  return sum;
}

// reference * conj(image) / |image|, or without that division, for the lanes of a group. Adds up
// the doubts of phases.
template <class T, std::size_t n, bool phases>
class CrossPower {
  using V = vector_of<T, n>;

 public:
  static constexpr bool twice = false;

  CrossPower(const ImagePlan<T>& plan, const Whitened<T>& reference, T floor, T lost,
             std::size_t group) noexcept
      : unit_(reference.spectrum + group * plan.row_size),
        threshold_(V{} + floor * floor),
        gain_(V{} + reference.gain),
        lost_(V{} + lost),
        has_mean_(group == 0),
        keeps_mean_(group == 0 && reference.keep_mean),
        mean_(T(1) / (static_cast<T>(plan.height) * static_cast<T>(plan.width))) {}

  NDREG_PREEVAL_INLINE Complex<V> operator()(std::size_t at, const Complex<V>& image,
                                             T* /*second*/ = nullptr) noexcept {
    V doubt{};
    return with_doubt(at, image, doubt);
  }

  NDREG_PREEVAL_INLINE Complex<V> with_doubt(std::size_t at, const Complex<V>& image,
                                             V& doubt) noexcept {
    const V re = load_lanes<V>(unit_ + at * 2 * n);
    const V im = load_lanes<V>(unit_ + at * 2 * n + n);
    const V power = image.re * image.re + image.im * image.im;
    const V inverse = phases ? inverse_root<T, n>(power) : gain_;
    const V scale = power > threshold_ ? inverse : V{};
    if constexpr (phases && has_doubts<T>) {
      const V most = power > threshold_ ? inverse : lost_;
      doubt = (re * re + im * im) * (most * most);
      doubts_ += doubt;
    }
    return {(re * image.re + im * image.im) * scale, (im * image.re - re * image.im) * scale};
  }

  Doubts doubts() const noexcept { return {sum_of_lanes<T, n>(doubts_), 0}; }

  // The mean is taken out; of phases it may come back as one.
  Complex<V> first_in(const Complex<V>& image) const noexcept {
    return has_mean_ ? with_mean(image, T(0)) : image;
  }
  Complex<V> first_out(const Complex<V>& value) const noexcept {
    return keeps_mean_ ? with_mean(value, mean_) : value;
  }

 private:
  static Complex<V> with_mean(const Complex<V>& value, T mean) noexcept {
    T lanes[2 * n];
    store_lanes(value.re, lanes);
    store_lanes(value.im, lanes + n);
    lanes[0] = mean;
    lanes[n] = T(0);
    return {load_lanes<V>(lanes), load_lanes<V>(lanes + n)};
  }

  const T* unit_;
  V threshold_;
  V gain_;
  V lost_;
  V doubts_{};
  bool has_mean_;
  bool keeps_mean_;
  T mean_;
};

// Phases, and the same times a low pass for the second opinion, which has no mean.
template <class T, std::size_t n>
class TwoCrossPowers {
  using V = vector_of<T, n>;

 public:
  static constexpr bool twice = true;

  TwoCrossPowers(const ImagePlan<T>& plan, const CorrelateJob<T>& job, std::size_t group) noexcept
      : first_(plan, job.first, 2 * job.floor, job.lost, group),
        low_x_(job.low_pass.x),
        low_y_(load_lanes<V>(job.low_pass.y + group * n)) {}

  NDREG_PREEVAL_INLINE Complex<V> operator()(std::size_t at, const Complex<V>& image,
                                             T* second) noexcept {
    V doubt{};
    const Complex<V> phase = first_.with_doubt(at, image, doubt);
    const V low = low_y_ * low_x_[at];
    if constexpr (has_doubts<T>) doubts_ += doubt * (low * low);
    store_lanes(V(phase.re * low), second);
    store_lanes(V(phase.im * low), second + n);
    return phase;
  }

  Doubts doubts() const noexcept { return {first_.doubts().first, sum_of_lanes<T, n>(doubts_)}; }

  Complex<V> first_in(const Complex<V>& image) const noexcept { return first_.first_in(image); }
  Complex<V> first_out(const Complex<V>& value) const noexcept { return first_.first_out(value); }

 private:
  CrossPower<T, n, true> first_;
  const T* low_x_;
  V low_y_;
  V doubts_{};
};

}  // namespace
}  // namespace ndreg_preeval::kernel
