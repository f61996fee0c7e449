// SPDX-License-Identifier: MIT
// What all threads that compare images of one size share.
#pragma once

#include <cstddef>
#include <vector>

#include <ndreg_preeval/options.hpp>

#include "kernel/isa/dispatch.hpp"
#include "kernel/kernels.hpp"

namespace ndreg_preeval::detail {

// Shifts that count, on both axes.
struct Window2D {
  kernel::LagRange rows;
  kernel::LagRange columns;

  std::size_t places() const noexcept {
    return (rows.high + rows.low) * (columns.high + columns.low);
  }
};

// Factors of a low pass, per axis.
struct LowPass {
  LowPass(std::size_t height, std::size_t width, double cutoff);

  std::vector<double> y;  // [ky]
  std::vector<double> x;  // [kx]
};

// The same as kernels take them.
template <class T>
struct KernelLowPass {
  KernelLowPass(const LowPass& low_pass, const kernel::ImagePlan<T>& image);

  std::vector<T> y;
  std::vector<T> x;
};

template <class T>
struct Plan {
  Plan(std::size_t height, std::size_t width, const Options& options);

  std::size_t height;
  std::size_t width;
  Options options;
  Window2D window;
  const kernel::Kernels<T>& kernels;
  kernel::ImagePlan<T> image;
  LowPass aligner_low_pass;
  LowPass opinion_low_pass;
  KernelLowPass<T> opinion_factors;

  // Whether the aligner correlates without dividing by magnitudes.
  bool plain() const noexcept { return options.normalization == Normalization::none; }
  // Whether the aligner's correlogram has a window or a low pass.
  bool filters_aligner() const noexcept;
  // Whether the second opinion follows from the aligner's spectrum of the pair.
  bool opinion_follows() const noexcept;
  // All shifts.
  Window2D everywhere() const noexcept { return {{height, 0}, {width, 0}}; }
  // Whether peaks may stand for shifts by more than half of the image.
  bool looks_farther() const noexcept;
  // Whether pixels of a reference image may be looked at again.
  bool looks_again() const noexcept { return options.ignore_hot_pixel || looks_farther(); }
};

}  // namespace ndreg_preeval::detail
