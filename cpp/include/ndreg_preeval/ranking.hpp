// SPDX-License-Identifier: MIT
/// \file ranking.hpp
/// Several stacks of the same moving scene: which of them to align by.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ndreg_preeval/export.hpp>
#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/method.hpp>
#include <ndreg_preeval/run_options.hpp>
#include <ndreg_preeval/stack_scorer.hpp>

namespace ndreg_preeval {

/// Images of one stack, all of one shape; stacks may differ in shape and length.
struct Stack {
  std::string name;  ///< what errors call it
  std::vector<ImageView> images;
};

/// What rank_stacks() found.
struct Ranking {
  std::vector<std::size_t> order;  ///< places of the stacks as they were given, best first
  std::vector<StackScore> stacks;  ///< in the order in which they were given
};

/// Rank stacks by how likely an aligner will align them, best first.
///
/// Stacks without evidence come behind the others, and those of fewer than two images last; equal
/// scores keep the given order.
/// \param reference_image  of each stack, the image that the others are compared with; negative
///                         counts from the end (means nothing with Pairing::previous)
/// \throws std::invalid_argument  no stack has two images; a stack has no such reference image;
///                                what Scorer refuses, with the name of the stack
/// \throws std::bad_alloc, Cancelled
NDREG_PREEVAL_API Ranking rank_stacks(const std::vector<Stack>& stacks,
                                      const Method& method = method_named("evidence"),
                                      Pairing pairing = Pairing::reference,
                                      std::ptrdiff_t reference_image = 0,
                                      const RunOptions& run = {});

/// The order of stacks that were scored one by one, best first, by the same rules.
NDREG_PREEVAL_API std::vector<std::size_t> rank(const std::vector<StackScore>& stacks);

}  // namespace ndreg_preeval
