// SPDX-License-Identifier: MIT
// Statistics of the pixels of one image, and how pixels become the numbers that are transformed.
//
// Most images need one sweep: a few pixels tell what to subtract and to divide by
// (`estimate_centring`), and sums that are made while pixels are transformed tell whether that was
// good enough (`statistics_from_sums`). Images with invalid pixels, without contrast, of extreme
// size or with one pixel that outshines the rest get a sweep of their own first
// (`full_statistics`). Which way an image goes depends on its pixels alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/cancellation.hpp"
#include "base/pixel_index.hpp"
#include "image/pixel_reader.hpp"
#include "image/pixel_sums.hpp"

namespace ndreg_preeval::detail {

// Centred pixels are pixel * scale * gain - shift: within about [-2, 2], with a mean of about 0.
// Scale and gain are powers of two, so that the size of the pixels changes no bit of a result.
struct Centring {
  double scale = 1;  // together with the gain, brings the farthest pixel to about [1, 2)
  double gain = 1;
  double shift = 0;  // about the mean of the valid pixels, times scale and gain
};

struct ImageStatistics {
  Centring centring;
  double mean = 0;     // of the pixels as they came, in units of the centred image
  double rms = 0;      // of the centred image about its mean
  double sum_abs = 0;  // of the pixels as they came, in units of the centred image
  // The pixel that holds more than half of the variance, if any.
  std::optional<PixelIndex> dominant;
  std::int64_t invalid = 0;
  std::uint32_t flags = 0;  // PairFlag bits

  bool has_evidence() const noexcept;

  // Magnitudes of the spectrum of an image of so many pixels up to which a bin is rounding noise.
  template <class T>
  double rounding_floor(std::size_t pixel_count) const noexcept;

  // Root mean square of the rounding errors of its bins.
  template <class T>
  double rounding_error(std::size_t pixel_count) const noexcept;

  // Whether the floor is that of transforms, not one of what rounding has left of the pixels.
  template <class T>
  bool transform_sets_floor(std::size_t pixel_count) const noexcept;
};

// An estimate from some of the pixels; none where they are no good for it. `single`: kernels
// compute in `float` where that holds the pixels.
std::optional<Centring> estimate_centring(const PixelReader& reader, bool single);

// Which part of the variance of an image some of its pixels hold.
double share_of_variance(const PixelReader& reader, const ImageStatistics& statistics,
                         const std::vector<std::size_t>& pixels);

// What the sums over the centred pixels tell; nothing where `full_statistics` has to look.
// `single`: they come without the sum of magnitudes.
std::optional<ImageStatistics> statistics_from_sums(const PixelReader& reader,
                                                    const Centring& centring, const PixelSums& sums,
                                                    bool single, Cancellation& cancellation);

// From all pixels. Two sweeps at most, usually one.
ImageStatistics full_statistics(const PixelReader& reader, Cancellation& cancellation);

}  // namespace ndreg_preeval::detail
