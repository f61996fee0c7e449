// SPDX-License-Identifier: MIT
// How likely an image aligns within a pixel, from the numbers of its two correlograms.
#pragma once

#include <ndreg_preeval/pair_score.hpp>

namespace ndreg_preeval::detail {

// q^2 / (q^2 + 1.5^2).
double probability_from_ratio(const PairScore& score) noexcept;

// A logistic model; docs/method.md has its formula and how it was fitted.
double probability_from_evidence(const PairScore& score) noexcept;

// Another one, for aligners that follow plain cross-correlation.
double probability_of_plain(const PairScore& score, double pixels) noexcept;

}  // namespace ndreg_preeval::detail
