// SPDX-License-Identifier: MIT
/// \file static_pattern.hpp
/// Peaks at zero shift: a sample at rest, or a pattern that stays while the sample moves?
///
/// The numbers of one pair do not tell; the other images of the stack do. What stays is in all of
/// them: with it taken out, noise is left of a sample at rest, and the scene of one that moves.
/// StackScorer and rank_stacks() ask for themselves; this is for those who score pairs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ndreg_preeval/export.hpp>
#include <ndreg_preeval/image_view.hpp>
#include <ndreg_preeval/options.hpp>
#include <ndreg_preeval/pair_score.hpp>
#include <ndreg_preeval/run_options.hpp>

namespace ndreg_preeval {

/// What images with a peak at zero shift are.
enum class StaticVerdict : std::uint8_t {
  unknown,      ///< too few images, or nothing that tells
  at_rest,      ///< the sample rests: the peaks are right
  hides_motion  ///< a pattern that stays hides a moving sample: the peaks are wrong
};

/// What it is that stays.
enum class StaticKind : std::uint8_t {
  other,      ///< a gain pattern, dust, lines
  aperture,   ///< an area with a sharp border: a round aperture, the frame of a detector
  background  ///< smooth: an uneven illumination
};

/// What the images of a stack with peaks at zero shift tell of them.
struct StaticPattern {
  StaticVerdict verdict = StaticVerdict::unknown;
  StaticKind kind = StaticKind::other;
};

/// Two images of a list that were compared: the reference and the image, which has its peak at zero
/// shift.
using ComparedPair = std::array<std::size_t, 2>;

/// Whether a pair is to be looked at again: it has evidence, and its peak is at zero shift.
NDREG_PREEVAL_API bool lies_at_zero_shift(const PairScore& score) noexcept;

/// Of `compared` images (from 1 on, the reference image left out) those whose number is a multiple
/// of this are looked at again: about sixteen, of large images eight, spread over the stack.
NDREG_PREEVAL_API std::size_t static_pattern_stride(std::size_t compared, std::size_t height,
                                                    std::size_t width) noexcept;

/// Tell a sample at rest from a pattern that stays.
///
/// \param images  of one shape, of one stack
/// \param pairs   those of them that lie at zero shift
/// \throws std::invalid_argument  views against the rules, or places that no image has
/// \throws std::bad_alloc, Cancelled
NDREG_PREEVAL_API StaticPattern find_static_pattern(const std::vector<ImageView>& images,
                                                    const std::vector<ComparedPair>& pairs,
                                                    const RunOptions& run = {});

/// Change what is known of the images of a stack that lie at zero shift: their probabilities and
/// their flags. Nothing where Options::max_shift allows no other shift.
/// \param options  by which they were scored
NDREG_PREEVAL_API void apply_static_pattern(const StaticPattern& pattern, const Options& options,
                                            std::vector<PairScore>& scores);

}  // namespace ndreg_preeval
