// SPDX-License-Identifier: MIT
// The numbers of a PairScore by their definitions: slow, and plain enough to be read.
#pragma once

#include <cstddef>
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
};
Followed followed(const images::Image& reference, const images::Image& image,
                  const ndreg_preeval::Options& options);

// All numbers that need no tie to be broken the same way; shifts and flags stay 0.
ndreg_preeval::PairScore score(const images::Image& reference, const images::Image& image,
                               const ndreg_preeval::Options& options);

}  // namespace oracle
