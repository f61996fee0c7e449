// SPDX-License-Identifier: MIT
// The score of a stack, made of the scores of its images: for StackScorer, and for Python, which
// keeps the images' scores itself.
//
// It is all inline, as names.hpp is, so that the Python module can use it beside a shared library.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include <ndreg_preeval/aggregate.hpp>
#include <ndreg_preeval/method.hpp>
#include <ndreg_preeval/stack_scorer.hpp>

namespace ndreg_preeval::detail {

// What a method takes from the reference image compared with itself, where it enters the score.
using ValueOfReference = std::optional<double>;

// Brings scores of stacks that have evidence, but nothing that a method could take from it (tiny
// images without a rival to their peak), below all others.
constexpr double below_others = 1e-10;

// What is taken from the images that have evidence.
struct Judged {
  std::vector<double> values;
  std::vector<double> chances;
  std::vector<double> chances_masked;  // with static outliers masked
  std::vector<double> ratios;          // of peak and mean, all positive
};

inline Judged judged_images(const StackScore& stack) {
  Judged judged;
  for (std::size_t i = 0; i < stack.images.size(); ++i) {
    const PairScore& image = stack.images[i];
    if (!has_evidence(image)) continue;
    judged.values.push_back(stack.values[i]);
    judged.chances.push_back(image.probability);
    judged.chances_masked.push_back(image.probability_masked);
    // Where the aligner finds nothing, its peak is no higher than the mean.
    const double ratio = peak_to_mean(image);
    judged.ratios.push_back(ratio > 0 ? ratio : 1);
  }
  return judged;
}

inline double aggregate_with(const ValueOfReference& itself, std::vector<double> values,
                             Aggregation how) {
  if (itself) values.insert(values.begin(), *itself);
  return aggregate(values, how);
}

// All images together are no likelier than the least likely one. (Scores forgive more: of stacks
// with a bad image each, that with the better others is chosen.)
inline double chance_of_all(const std::vector<double>& chances) {
  if (chances.empty()) return 0;
  const double all = aggregate(chances, Aggregation::every_image);
  return std::min(all, *std::min_element(chances.begin(), chances.end()));
}

// The score of a stack of two images or more.
//
// An image without evidence says nothing of the others: it is left out, and lowers the score by its
// share. So it costs a good stack little, and the same image in every stack changes no order. In a
// mean it does so by the 0 that it is.
inline double score_of(const StackScore& stack, const Judged& judged,
                       const ValueOfReference& itself, const Method& method) {
  const double share =
      static_cast<double>(judged.ratios.size()) / static_cast<double>(stack.images.size());
  const double told_apart = below_others * share * score_from_chance(0, judged.ratios);
  if (method.aggregation == Aggregation::mean) {
    const double score = aggregate_with(itself, stack.values, method.aggregation);
    return score == 0 && method.statistic == Statistic::probability ? told_apart : score;
  }
  if (judged.ratios.empty()) return 0;
  const double score = aggregate_with(itself, judged.values, method.aggregation);
  if (scores_are_chances(method)) return share * score_from_chance(score, judged.ratios);
  return score == 0 ? told_apart : share * score;
}

// Fills in score and trust of a stack whose images and values are known.
// Throws std::invalid_argument where a value is not finite.
inline void add_score(StackScore& stack, const ValueOfReference& itself, const Method& method) {
  const bool asks = method.options.confirm;
  stack.score = 0;
  stack.trust = asks ? 0 : std::numeric_limits<double>::quiet_NaN();
  stack.trust_masked = stack.trust;
  if (!stack.rankable()) return;
  const Judged judged = judged_images(stack);
  stack.score = score_of(stack, judged, itself, method);
  if (!asks) return;
  stack.trust = chance_of_all(judged.chances);
  stack.trust_masked = chance_of_all(judged.chances_masked);
}

}  // namespace ndreg_preeval::detail
