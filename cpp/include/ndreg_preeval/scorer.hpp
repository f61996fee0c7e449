// SPDX-License-Identifier: MIT
/// \file scorer.hpp
/// Images against a reference image: one PairScore each.
#pragma once

#include <memory>
#include <vector>

#include <ndreg_preeval/export.hpp>
#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/options.hpp>
#include <ndreg_preeval/pair_score.hpp>
#include <ndreg_preeval/run_options.hpp>

namespace ndreg_preeval {

/// Compares images with one reference image.
///
/// The reference is transformed once, in the constructor; no view is kept, unless
/// RunOptions::reference_stays says that it may be. All member functions
/// but assignment are const and may be called from several threads at once. Memory: two half
/// spectra for the reference, a copy of its pixels as they are (with Options::confirm), and two
/// half spectra for each image that was ever worked on at the same time, kept for the next call;
/// one half spectrum takes as much as an image in the working precision. Precision::automatic keeps
/// the pixels of the reference in any case, and once a pair needs double, all that in double, too.
/// What a scorer returns when it is destroyed is kept for the next one, within bounds
/// (release_memory.hpp). It is decided here which instruction set runs (build_info()).
///
/// \par Errors
/// std::invalid_argument for views and options against the rules, with the image index, the rule
/// and what came instead; std::bad_alloc; Cancelled. After an error the scorer is as before.
class NDREG_PREEVAL_API Scorer {
 public:
  explicit Scorer(const ImageView& reference, const Options& options = {},
                  const RunOptions& run = {});
  Scorer(Scorer&&) noexcept;
  Scorer& operator=(Scorer&&) noexcept;
  Scorer(const Scorer&) = delete;
  Scorer& operator=(const Scorer&) = delete;
  ~Scorer();

  /// Each image against the reference image.
  std::vector<PairScore> score(const std::vector<ImageView>& images,
                               const RunOptions& run = {}) const;

  /// images[k + 1] against images[k]: one score less than there are images. The reference image
  /// given to the constructor only lends its shape.
  std::vector<PairScore> score_consecutive(const std::vector<ImageView>& images,
                                           const RunOptions& run = {}) const;

  /// The correlogram |r| of one image, row after row, zero shift first.
  /// \param second_opinion  the smoother one that confirms the peak (needs Options::confirm)
  std::vector<double> correlogram(const ImageView& image, bool second_opinion = false,
                                  const RunOptions& run = {}) const;

  std::size_t height() const noexcept;
  std::size_t width() const noexcept;
  const Options& options() const noexcept;
  std::int64_t reference_invalid_pixels() const noexcept;
  std::uint32_t reference_flags() const noexcept;  ///< PairFlag bits of the reference image

  class Impl;  ///< one implementation per precision

 private:
  std::unique_ptr<const Impl> impl_;
};

}  // namespace ndreg_preeval
