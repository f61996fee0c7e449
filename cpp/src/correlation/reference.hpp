// SPDX-License-Identifier: MIT
// What is known of an image that others are compared with.
#pragma once

#include <cstdint>

#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/pair_score.hpp>

#include "base/aligned_buffer.hpp"
#include "image/statistics.hpp"

namespace ndreg_preeval::detail {

// A reference image after its transforms.
template <class T>
struct Reference {
  AlignedBuffer<T> aligner;  // whitened spectra; empty without evidence
  AlignedBuffer<T> opinion;
  double own_peak = 0;   // of the aligner's correlogram of phases of the reference with itself
  double mean_over = 0;  // mean over standard deviation of its pixels
  // What rounding errors of its spectrum add to the variances of the errors of correlograms.
  double aligner_variance = 0;
  double opinion_variance = 0;
  Centring centring;  // of its pixels
  std::int64_t invalid_pixels = 0;
  std::uint32_t flags = no_contrast;
  bool has_evidence = false;

  // Its pixels, to be looked at again: whoever prepares a reference keeps them as long as that.
  ImageView view;
  ImageStatistics statistics;
};

}  // namespace ndreg_preeval::detail
