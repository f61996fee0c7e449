// SPDX-License-Identifier: MIT
// How likely an image aligns within a pixel, from the numbers of its two correlograms.
#pragma once

#include <cstddef>

#include <ndreg_preeval/options.hpp>
#include <ndreg_preeval/pair_score.hpp>

#include "correlation/certainty.hpp"

namespace ndreg_preeval::detail {

// Chance that an aligner does not go to the nearest of the places that a peak may stand for.
constexpr double aligner_goes_farther = 0.02;

// Chance that a peak split in two is within a pixel of the true shift, where nothing else is wrong.
constexpr double split_is_right = 0.3;
// Chance that an aligner does not follow static outliers that lead it astray.
constexpr double outliers_are_masked = 0.02;

// Chance that an aligner does not follow a pattern that stays and hides a moving scene.
constexpr double pattern_is_masked = 0.02;

// Whether a peak is likely enough to be that of the scene to be looked at once more.
bool is_credible(const PairScore& score) noexcept;
// Tells of what that is decided by.
void decided_credible(const PairScore& score, Certainty& certainty) noexcept;

// q^2 / (q^2 + 1.5^2).
double probability_from_ratio(const PairScore& score) noexcept;

// A logistic model; docs/method.md has its formula and how it was fitted.
double probability_from_evidence(const PairScore& score) noexcept;

// Another one, for aligners that follow plain cross-correlation.
double probability_of_plain(const PairScore& score, double pixels) noexcept;

// Of an image with a peak at zero shift, of a sample that is known to rest.
double probability_at_rest(const PairScore& score, const Options& options) noexcept;

// The most that errors of the values of its correlograms change a probability: by evidence, of
// plain cross-correlation, or by ratio.
double error_of_evidence(const PairScore& score, const Certainty& certainty) noexcept;
double error_of_plain(const PairScore& score, double pixels, const Certainty& certainty) noexcept;
double error_of_ratio(const PairScore& score, const Certainty& certainty) noexcept;

// Of an image with static outliers, which an aligner may follow. `rest`: its score without them;
// `found`: that of the image as it is.
double probability_with_outliers(const PairScore& rest, const PairScore& found, std::size_t height,
                                 std::size_t width) noexcept;

}  // namespace ndreg_preeval::detail
