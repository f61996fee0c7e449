// SPDX-License-Identifier: MIT
// An image as the transforms see it: mean removed, scaled to about [-2, 2], invalid pixels 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "pixels.hpp"
#include "place.hpp"
#include "stopper.hpp"

namespace ndreg_preeval::detail {

class CentredImage {
 public:
  // Two sweeps over the pixels at most, usually one: statistics, and again only for extreme values.
  CentredImage(const ImageView& view, Stopper& stopper);

  // The pixel that holds more than half of the variance of the image, where there is one.
  const std::optional<Place>& dominant() const noexcept { return dominant_; }

  // The same image with the dominant pixel replaced by the mean of the others.
  CentredImage without_dominant(Stopper& stopper) const;

  std::size_t height() const noexcept { return reader_.height(); }
  std::size_t width() const noexcept { return reader_.width(); }
  std::int64_t invalid_pixels() const noexcept { return invalid_; }
  std::uint32_t flags() const noexcept { return flags_; }  // PairFlag bits
  bool has_evidence() const noexcept;

  // Magnitudes of the spectrum of this image up to which a bin is only rounding noise.
  template <class T>
  double rounding_floor() const noexcept;

  // Columns first <= x < first + count of every row, to out[x / group][row][x % group];
  // places beyond the last column are 0. At most max_columns at a time.
  static constexpr std::size_t max_columns = 64;
  template <class T>
  void load_columns(std::size_t first, std::size_t count, std::size_t group, T* out) const;

 private:
  struct Sums;
  CentredImage(const ImageView& view, std::optional<Place> left_out, Stopper& stopper);
  Sums sweep(double scale, Stopper& stopper) const;
  Place find(double pixel, Stopper& stopper) const;
  double centred(double pixel) const noexcept;

  PixelReader reader_;
  double scale_ = 1;    // power of two, keeps sums and squares in range
  double offset_ = 0;   // mean of the valid pixels times scale_
  double gain_ = 1;     // power of two, brings the farthest pixel to [1, 2)
  double sum_abs_ = 0;  // of the pixels as they came, in units of the centred image
  double rms_ = 0;      // of the centred image
  std::optional<Place> dominant_;
  std::int64_t invalid_ = 0;
  std::uint32_t flags_ = 0;
};

}  // namespace ndreg_preeval::detail
