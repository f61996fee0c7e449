// SPDX-License-Identifier: MIT
// The numbers of a PairScore by their definitions: slow, and plain enough to be read.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <ndreg_preeval/ndreg_preeval.hpp>

#include "images.hpp"

namespace oracle {

// |r| of an image with a reference after a filter, row after row; NaN and infinity are invalid.
std::vector<double> correlogram(const images::Image& reference, const images::Image& image,
                                const ndreg_preeval::Filter& filter, bool keep_mean = false);

// What the aligner follows: the same, or for plain cross-correlation r without and with the means.
struct Followed {
  std::vector<double> r;
  std::vector<double> strength;
  std::vector<double> values;  // signed, without the means
};
Followed followed(const images::Image& reference, const images::Image& image,
                  const ndreg_preeval::Options& options);

// (dy, dx) of a peak, of the places that it may stand for the one where both images agree. `sign`:
// of the correlogram there.
std::pair<int, int> true_shift(const images::Image& reference, const images::Image& image,
                               std::pair<int, int> nearest, double sign, double max_shift);

// All numbers that need no tie to be broken the same way; sub-pixel shifts stay 0, and so do flags
// but `wrapped` and `split_peak`.
ndreg_preeval::PairScore score(const images::Image& reference, const images::Image& image,
                               const ndreg_preeval::Options& options);

}  // namespace oracle
