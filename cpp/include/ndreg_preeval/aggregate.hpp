// SPDX-License-Identifier: MIT
/// \file aggregate.hpp
/// One number per stack from one number per image.
#pragma once

#include <cstdint>
#include <vector>

#include <ndreg_preeval/export.hpp>

namespace ndreg_preeval {

enum class Aggregation : std::uint8_t {
  harmonic_mean,  ///< near the worst images; values below 1e-4 count as 1e-4, all zero gives 0
  mean,
  minimum,
  median,
  /// Of probabilities of k images, about that of all together, as the harmonic mean h of them told
  /// it in known stacks: odds (h / (1 - h))^(1 + 0.4 q) e^(-1.1 q) k^-0.3 with q = 1 - 1 / k; of
  /// one image its probability. One image that is much worse than the others may leave it above
  /// the smallest of them.
  every_image
};

/// Aggregate finite values; 0 for no values. Sums run in the given order.
/// \throws std::invalid_argument  a value that is not finite
NDREG_PREEVAL_API double aggregate(const std::vector<double>& values, Aggregation how);

/// Score of a stack whose images all align with probability `chance`: that probability, but where
/// it is hopeless (below 0.05), as with images that turn, differences are chance. There h, the
/// harmonic mean of peak / mean of the images, tells stacks apart: 0.05 h / (h + 30).
/// \throws std::invalid_argument  a value that is not finite
NDREG_PREEVAL_API double score_from_chance(double chance, const std::vector<double>& peak_to_mean);

}  // namespace ndreg_preeval
