// SPDX-License-Identifier: MIT
/// \file options.hpp
/// How images are compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace ndreg_preeval {

/// Working precision of the transforms.
enum class Precision : std::uint8_t {
  single_,
  double_,
  /// Single, and double for those pairs of images for which single is not certain to find the same
  /// (PairFlag::in_double): the same peak, and a probability that differs by less than 1e-5.
  automatic
};

/// Window applied to the images, per axis.
enum class Window : std::uint8_t {
  none,
  hann  ///< periodic: 0.5 - 0.5 cos(2 pi k / N)
};

/// What the aligner makes of the two spectra of a pair.
enum class Normalization : std::uint8_t {
  phase,  ///< each bin counts the same: r = |irfft2(F0 conj(Fi) / |F0 Fi|)|
  /// Plain cross-correlation: x = irfft2(F0 conj(Fi)) over the norms of both images less their
  /// means, so that a circularly shifted copy has 1 at its shift; r = |x|, or see keep_mean.
  none
};

/// What PairScore::probability is made of.
enum class Judgement : std::uint8_t {
  ratio,    ///< q^2 / (q^2 + 1.5^2)
  evidence  ///< a logistic model of six numbers, fitted for opinion = {none, 8, 0.25}
};

/// What is done to images and spectra before a correlogram is made.
struct Filter {
  Window window = Window::none;
  /// Axes shorter than this many pixels (8 at least) get no window: there is too little to lose.
  std::size_t window_from = 8;
  /// Gaussian low pass exp(-f^2 / (2 cutoff^2)), at most sqrt(1/2) cycles/pixel; infinity = none.
  double cutoff = std::numeric_limits<double>::infinity();
};

/// Options of a Scorer. The defaults are those of the default method, in double precision; rankings
/// in Python are made with Precision::automatic, which takes about half of the time.
struct Options {
  Precision precision = Precision::double_;
  /// Filter of the correlogram whose highest pixel the aligner will follow.
  Filter aligner{};
  /// Of that correlogram; the second opinion is always one of phases.
  Normalization normalization = Normalization::phase;
  /// Ask a second, smoother correlogram whether it agrees (PairScore::confirmation), and the pixels
  /// whether a likely peak stands for a shift by more than half of the image (PairFlag::wrapped).
  bool confirm = true;
  Filter opinion{Window::none, 8, 0.25};
  Judgement judgement = Judgement::evidence;
  /// The aligner looks for its peak only where |dy| and |dx| are at most this many pixels.
  double max_shift = std::numeric_limits<double>::infinity();
  /// Keep the zero-frequency bin. Phases: it is +1, as after a min-max normalisation. Plain
  /// cross-correlation x: r = |c + x| - |c|, where c is the product of both means over that of the
  /// standard deviations, but at most the largest |x|: beyond, it changes r no more. That is where
  /// aligners go that do not take the means out; `mean` and `rms` are those of |x|.
  bool keep_mean = false;
  /// Leave out static outliers: gaps, dead and hot pixels, which both images of a pair have at the
  /// same place. All numbers are those of the rest, but where an aligner that has them in goes
  /// elsewhere, little is left of the probability.
  bool ignore_hot_pixel = false;
  /// Replace pixels that are not finite or masked by the mean of the others; otherwise refuse.
  bool accept_invalid = true;
};

}  // namespace ndreg_preeval
