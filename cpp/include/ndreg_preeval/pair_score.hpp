// SPDX-License-Identifier: MIT
/// \file pair_score.hpp
/// What is known of one image compared with the reference image.
#pragma once

#include <cstdint>

namespace ndreg_preeval {

/// Bits of PairScore::flags: of the image itself; `identical` also of the reference image.
enum PairFlag : std::uint32_t {
  no_contrast = 1,  ///< all valid pixels are equal: no evidence
  all_invalid = 2,  ///< no valid pixel: no evidence
  few_levels = 4,   ///< two or three distinct values only
  /// Same as the reference up to brightness and contrast (not looked for in filtered plain
  /// correlograms).
  identical = 8,
  hot_pixel = 16,  ///< static outliers, of this image and its reference, were left out
  /// Moved by more than half of the image: the shift is the true one, and aligners go to another
  /// place of the same peak.
  wrapped = 32,
  /// Its pixels come in equal blocks, as of a map enlarged by its nearest pixels; looked for where
  /// the probability is below 0.9. Where both images were enlarged so, it becomes that of the maps,
  /// times the chance that their motion is one of whole blocks. Bits 16 to 23 are the height of a
  /// block, 24 to 31 its width.
  repeated_pixels = 64,
  in_double = 128,  ///< under Precision::automatic: computed in double precision
  /// The peak is split: a second one, nearly as high, lies two pixels beside it along an axis, as
  /// of lines scanned to and fro that lie aside of each other. Looked for with a second opinion,
  /// and not in plain correlograms.
  split_peak = 256,
  // Of a stack, of images with a peak at zero shift: what its other images tell
  // (static_pattern.hpp).
  hides_motion = 512,        ///< a pattern that stays hides the scene, which moves
  at_rest = 1024,            ///< the sample rests, and the peak is right
  static_aperture = 2048,    ///< what stays has a sharp border: an aperture, a frame
  static_background = 4096,  ///< what stays is smooth: an uneven illumination
  // Of a pair again.
  /// Options::max_shift keeps the aligner from the highest peak, which would be trusted: its
  /// probability is 0.5 or more, or, without a second opinion, its p-value at most 0.01. The
  /// probability of where the aligner goes is at most the rest, unless that is within a pixel.
  beyond_limit = 8192
};

/// Numbers of one correlogram r, by default |irfft2(F0 conj(Fi) / |F0 Fi|)|, all finite.
///
/// Without evidence (no contrast or no valid pixel in either image) every number is 0 and the
/// p-value is 1.
struct PairScore {
  /// Highest value of r; 1 - 1 / (h w) for a circularly shifted copy (plain correlation: 1).
  double peak = 0;
  double mean = 0;         ///< mean of r
  double rms = 0;          ///< root of the mean of r^2
  double second_peak = 0;  ///< highest value outside the 5 x 5 pixels around the peak, or 0
  double zero_peak = 0;    ///< value at zero shift
  double shift_y = 0;      ///< pixels, moves the image onto the reference (sub-pixel)
  double shift_x = 0;
  double opinion = 0;         ///< second opinion: its highest value in the 3 x 3 at the peak,
  double opinion_rms = 0;     ///< its root mean square,
  double opinion_second = 0;  ///< its highest value outside the 5 x 5 around the peak,
  double opinion_moved = 0;   ///< the same, outside the 5 x 5 around zero shift, too,
  double opinion_zero = 0;    ///< and in the 3 x 3 at zero shift
  double confirmation = 0;    ///< q = opinion / opinion_second
  double probability = 0;     ///< about P(this image aligns within a pixel): see Judgement
  double p_value = 1;         ///< chance of such a peak between unrelated images of white noise
  std::int64_t invalid_pixels = 0;  ///< pixels that were replaced
  std::int32_t peak_dy = 0;         ///< whole-pixel shift of the highest pixel (see `wrapped`)
  std::int32_t peak_dx = 0;
  std::uint32_t flags = 0;  ///< PairFlag bits
  /// With `beyond_limit`, how far that peak lies along y or x, whichever is more, in pixels; else
  /// 0.
  std::uint32_t beyond_max_shift = 0;
  /// What `probability` would be if static outliers were masked; equal to it where there are none.
  double probability_masked = 0;
  std::int64_t static_pixels =
      0;  ///< static outliers that were left out: Options::ignore_hot_pixel
};

/// peak / mean of the correlogram: the ratio the ranking is named after; 0 without evidence.
inline double peak_to_mean(const PairScore& score) noexcept {
  return score.mean > 0 ? score.peak / score.mean : 0.0;
}

/// Whether both images have contrast to be judged by. The flags are those of one image, and do not
/// tell: what it was compared with may have none.
inline bool has_evidence(const PairScore& score) noexcept { return score.mean > 0; }

}  // namespace ndreg_preeval
