// SPDX-License-Identifier: MIT
// The score of a stack, made of the scores of its images: for StackScorer, and for Python, which
// keeps the images' scores itself.
//
// It is all inline, as names.hpp is, so that the Python module can use it beside a shared library.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include <ndreg_preeval/aggregate.hpp>
#include <ndreg_preeval/method.hpp>
#include <ndreg_preeval/stack_scorer.hpp>

namespace ndreg_preeval::detail {

// What a method takes from the reference image compared with itself, where it enters the score.
using ValueOfReference = std::optional<double>;

// Fills in score and trust of a stack whose images and values are known.
// Throws std::invalid_argument where a value is not finite.
inline void add_score(StackScore& stack, const ValueOfReference& itself, const Method& method) {
  const bool asks = method.options.confirm;
  stack.score = 0;
  stack.trust = asks ? 0 : std::numeric_limits<double>::quiet_NaN();
  if (!stack.rankable()) return;
  std::vector<double> values = stack.values;
  if (itself) values.insert(values.begin(), *itself);
  stack.score = aggregate(values, method.aggregation);
  if (scores_are_chances(method)) {
    std::vector<double> ratios;
    ratios.reserve(stack.images.size());
    for (const PairScore& image : stack.images) ratios.push_back(peak_to_mean(image));
    stack.score = score_from_chance(stack.score, ratios);
  }
  if (asks) {
    std::vector<double> chances;
    chances.reserve(stack.images.size());
    for (const PairScore& image : stack.images) chances.push_back(image.probability);
    stack.trust = aggregate(chances, Aggregation::every_image);
  }
}

}  // namespace ndreg_preeval::detail
