// SPDX-License-Identifier: MIT
/// \file stack_scorer.hpp
/// One stack: its images in blocks, as they come, and the score they make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ndreg_preeval/export.hpp>
#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/method.hpp>
#include <ndreg_preeval/pair_score.hpp>
#include <ndreg_preeval/run_options.hpp>

namespace ndreg_preeval {

/// What an image is compared with; it should be what the aligner will do.
enum class Pairing : std::uint8_t {
  reference,  ///< the reference image
  previous    ///< the image before it
};

/// What is known of a stack.
struct StackScore {
  /// Larger is better; finite, and 0 where no image has evidence. Images without evidence lower it
  /// by their share.
  double score = 0;
  /// About the probability that every image that has evidence aligns within a pixel; NaN without a
  /// second opinion (Options::confirm), 0 where none has.
  double trust = 0;
  /// What `trust` would be if static outliers were masked; equal to it where there are none.
  double trust_masked = 0;
  std::vector<PairScore> images;  ///< of the compared images, in order
  std::vector<double> values;     ///< what the method takes from each
  std::int64_t reference_invalid_pixels = 0;
  std::uint32_t reference_flags = 0;  ///< PairFlag bits of the reference image

  /// Whether any image was compared.
  bool rankable() const noexcept { return !images.empty(); }

  /// How many of the compared images have evidence: what the trust is about.
  std::size_t judged() const noexcept {
    std::size_t count = 0;
    for (const PairScore& image : images) count += has_evidence(image) ? 1U : 0U;
    return count;
  }
};

/// Whether any compared image has evidence.
NDREG_PREEVAL_API bool has_evidence(const StackScore& stack) noexcept;

/// Scores the images of one stack, block by block, while they are read or recorded.
///
/// Results do not depend on the blocks. No view is kept (but see RunOptions), but with
/// Pairing::previous a copy of the last image. An object is used by one thread at a time; different
/// ones by any number of threads.
///
/// \par Errors
/// Those of Scorer. After an error nothing of that block was added.
class NDREG_PREEVAL_API StackScorer {
 public:
  /// \param reference  what images are compared with; with Pairing::previous the first image
  explicit StackScorer(const ImageView& reference, const Method& method = method_named("evidence"),
                       Pairing pairing = Pairing::reference, const RunOptions& run = {});
  StackScorer(StackScorer&&) noexcept;
  StackScorer& operator=(StackScorer&&) noexcept;
  StackScorer(const StackScorer&) = delete;
  StackScorer& operator=(const StackScorer&) = delete;
  ~StackScorer();

  /// Compare some more images.
  void add(const std::vector<ImageView>& images, const RunOptions& run = {});

  /// The score of the images so far. Where peaks lie at zero shift, up to sixteen images are looked
  /// at again (static_pattern.hpp), by as many threads as the last add() had, unless no image was
  /// added since the last time; copies of these are kept.
  /// \throws std::bad_alloc
  StackScore result() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ndreg_preeval
