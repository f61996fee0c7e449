// SPDX-License-Identifier: MIT
#include "correlation/plan.hpp"

#include <algorithm>
#include <cmath>

namespace ndreg_preeval::detail {
namespace {

kernel::LagRange lag_range(std::size_t length, double max_shift) {
  // No shift is longer than floor(length / 2), whichever way.
  const std::size_t half = length / 2;
  if (max_shift >= static_cast<double>(half)) return {length, 0};
  const auto most = static_cast<std::size_t>(max_shift);
  return {most + 1, most};
}

// Gaussian over the frequencies of an axis of `length` pixels.
std::vector<double> gaussian(std::size_t length, double cutoff) {
  std::vector<double> weights(length);
  for (std::size_t k = 0; k < length; ++k) {
    const auto cycles = static_cast<double>(std::min(k, length - k));
    const double frequency = cycles / static_cast<double>(length) / cutoff;
    weights[k] = std::exp(-0.5 * frequency * frequency);
  }
  return weights;
}

}  // namespace

LowPass::LowPass(std::size_t height, std::size_t width, double cutoff)
    : y(gaussian(height, cutoff)), x(gaussian(width, cutoff)) {}

template <class T>
KernelLowPass<T>::KernelLowPass(const LowPass& low_pass, const kernel::ImagePlan<T>& image)
    : y(image.groups * image.lanes, T(0)) {
  for (std::size_t ky = 0; ky < image.frequencies; ++ky) y[ky] = static_cast<T>(low_pass.y[ky]);
  for (const std::uint32_t kx : image.along_x.order) x.push_back(static_cast<T>(low_pass.x[kx]));
}

template <class T>
Plan<T>::Plan(std::size_t height_, std::size_t width_, const Options& options_)
    : height(height_),
      width(width_),
      options(options_),
      window{lag_range(height_, options_.max_shift), lag_range(width_, options_.max_shift)},
      kernels(kernel::active_kernels<T>()),
      image(height_, width_, kernels.lanes),
      aligner_low_pass(height_, width_, options_.aligner.cutoff),
      opinion_low_pass(height_, width_, options_.opinion.cutoff),
      opinion_factors(opinion_low_pass, image) {}

template <class T>
bool Plan<T>::filters_aligner() const noexcept {
  const kernel::WindowedAxes windowed(options.aligner, height, width);
  return windowed.any() || !std::isinf(options.aligner.cutoff);
}

template <class T>
bool Plan<T>::opinion_follows() const noexcept {
  const kernel::WindowedAxes windowed(options.opinion, height, width);
  return options.confirm && !plain() && !filters_aligner() && !windowed.any();
}

template <class T>
bool Plan<T>::looks_farther() const noexcept {
  return options.confirm && 2 * options.max_shift >= static_cast<double>(std::min(height, width));
}

template struct KernelLowPass<float>;
template struct KernelLowPass<double>;
template struct Plan<float>;
template struct Plan<double>;

}  // namespace ndreg_preeval::detail
