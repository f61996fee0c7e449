// SPDX-License-Identifier: MIT
/// \file method.hpp
/// How images are judged, and how their judgements make the score of a stack.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ndreg_preeval/aggregate.hpp>
#include <ndreg_preeval/export.hpp>
#include <ndreg_preeval/options.hpp>
#include <ndreg_preeval/pair_score.hpp>

namespace ndreg_preeval {

/// What is taken from each image.
enum class Statistic : std::uint8_t {
  probability,   ///< PairScore::probability; needs Options::confirm
  peak_to_mean,  ///< peak / mean of the correlogram; 0 without evidence
  peak_minus_mean
};

/// A way to judge stacks. The default is the method "evidence".
struct Method {
  Options options{};
  Statistic statistic = Statistic::probability;
  Aggregation aggregation = Aggregation::every_image;
  /// Whether the reference image, compared with itself, enters the aggregate.
  bool include_reference = false;
};

/// The method of that name, as the Python package has it:
///
/// | name           | per image                           | stack                          |
/// |----------------|-------------------------------------|--------------------------------|
/// | "evidence"     | how likely it aligns (default)      | how likely every image aligns  |
/// | "plain"        | the same, for plain cross-correlation | the same                     |
/// | "robust"       | does a second correlogram confirm?  | harmonic mean                  |
/// | "peak_to_mean" | peak / mean                         | mean                           |
/// | "ewoksndreg"   | peak - mean, the reference included | mean                           |
///
/// Options mirror the aligner and may be changed afterwards: precision, window, cutoff, max_shift.
/// \throws std::invalid_argument  no method has that name
NDREG_PREEVAL_API Method method_named(const std::string& name);

/// Names of all methods, the default one first.
NDREG_PREEVAL_API std::vector<std::string> method_names();

/// Whether the score of a stack is a probability, told apart by score_from_chance().
NDREG_PREEVAL_API bool scores_are_chances(const Method& method) noexcept;

/// What a method takes from one image.
/// \throws std::invalid_argument  an unknown statistic
NDREG_PREEVAL_API double statistic_of(const PairScore& score, Statistic statistic);

}  // namespace ndreg_preeval
