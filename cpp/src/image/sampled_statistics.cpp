// SPDX-License-Identifier: MIT
#include "image/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <ndreg_preeval/pair_score.hpp>

#include "image/levels.hpp"
#include "image/sample.hpp"

namespace ndreg_preeval::detail {
namespace {

bool has_few_levels(const PixelReader& reader, Cancellation& cancellation) {
  Levels levels;
  std::array<double, 64> pixels;
  for (std::size_t row = 0; row < reader.height(); ++row) {
    cancellation.check();
    for (std::size_t first = 0; first < reader.width(); first += pixels.size()) {
      const std::size_t count = std::min(pixels.size(), reader.width() - first);
      reader.read(row, first, count, pixels.data());
      levels.add(pixels.data(), count);
      if (levels.size() > Levels::few) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<Centring> estimate_centring(const PixelReader& reader, bool single) {
  if (!reader.reads_all()) return std::nullopt;
  Sample sample(reader);
  double largest = 0;
  for (std::size_t i = 0; i < sample.count; ++i) {
    const double size = std::abs(sample.pixels[i]);
    if (!std::isfinite(size)) return std::nullopt;
    largest = std::max(largest, size);
  }
  if (largest == 0) return std::nullopt;
  // About 1, so that nothing below leaves the range.
  const double to_one = power_to_one(largest);
  double sum = 0;
  for (std::size_t i = 0; i < sample.count; ++i) sum += sample.pixels[i] *= to_one;
  double offset = sum / static_cast<double>(sample.count);
  const bool narrow = single && fits_float(reader.view().type);
  if (narrow) offset = static_cast<double>(static_cast<float>(offset));
  double farthest = 0;
  for (std::size_t i = 0; i < sample.count; ++i) {
    farthest = std::max(farthest, std::abs(sample.pixels[i] - offset));
  }
  if (farthest == 0) return std::nullopt;
  const double more = power_to_one(farthest);
  const int exponent = std::ilogb(to_one) + std::ilogb(more);
  Centring centring;
  const int most = narrow ? 120 : 1020;  // of one factor
  if (std::abs(exponent) > most) centring.scale = std::ldexp(1.0, exponent / 2);
  centring.gain = std::ldexp(1.0, centring.scale == 1 ? exponent : exponent - exponent / 2);
  centring.shift = offset * more;
  return centring;
}

std::optional<ImageStatistics> statistics_from_sums(const PixelReader& reader,
                                                    const Centring& centring, const PixelSums& sums,
                                                    bool single, Cancellation& cancellation) {
  const double size = static_cast<double>(reader.height()) * static_cast<double>(reader.width());
  const double mean = sums.sum / size;
  const double square = sums.squares / size;
  const double variance = square - mean * mean;
  // A pixel that is not finite makes the sums so. Far from the estimate, rounding errors grow.
  const bool sound = std::isfinite(sums.squares) && variance >= 0.5 * square && square > 0x1p-60 &&
                     square < 0x1p60;
  // One pixel with half of the variance shows in the part of the sum that it is in.
  if (!sound || sums.largest > 0.2 * sums.squares) return std::nullopt;
  ImageStatistics statistics;
  statistics.centring = centring;
  statistics.mean = centring.shift + mean;
  statistics.rms = std::sqrt(variance);
  // In single, rounding of the pixels themselves matters where the mean is far above their
  // differences only, and the sum of magnitudes then is that of the means.
  statistics.sum_abs = single ? size * std::abs(statistics.mean) : sums.absolute;
  if (has_few_levels(reader, cancellation)) statistics.flags |= few_levels;
  return statistics;
}

bool ImageStatistics::has_evidence() const noexcept {
  return (flags & (all_invalid | no_contrast)) == 0;
}

namespace {

// Of an image of so many pixels.
struct Floors {
  double pixels;     // set by the rounding of the pixels as they came
  double transform;  // by that of transforms in T
};

// In double the rounding that matters is that of the pixels themselves: 16 eps sum|pixel| is above
// its sum over all pixels. Where an offset makes that swallow the image, the pixels' rounding
// errors are taken as what they mostly are, independent: they add up to less than eps sum|pixel| /
// sqrt(h w), of which 4 is above the maximum. In single, pixels are centred before they are
// rounded, so what matters is the error of the transform: a fraction of eps sqrt(log2(h w)) of the
// rms magnitude of a bin; 2 is above its maximum.
template <class T>
Floors rounding_floors(const ImageStatistics& statistics, std::size_t pixel_count) noexcept {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const auto size = static_cast<double>(pixel_count);
  const double usual_bin = std::sqrt(size) * statistics.rms;
  double pixels = 16 * eps * statistics.sum_abs;
  if (pixels > 0.1 * usual_bin) {
    pixels = std::min(pixels, 4 * eps * statistics.sum_abs / std::sqrt(size));
  }
  if constexpr (sizeof(T) >= sizeof(double)) return {pixels, 0};
  const double transform = 2 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
                           std::sqrt(std::log2(std::max(2.0, size))) * usual_bin;
  return {pixels, transform};
}

}  // namespace

template <class T>
double ImageStatistics::rounding_floor(std::size_t pixel_count) const noexcept {
  const Floors floors = rounding_floors<T>(*this, pixel_count);
  return std::max(floors.pixels, floors.transform);
}

template <class T>
double ImageStatistics::rounding_error(std::size_t pixel_count) const noexcept {
  // Measured on white and on coloured images of 16 to 1000 pixels an axis: 0.04 to 0.21.
  constexpr double share_of_floor = 0.25;
  return share_of_floor * rounding_floors<T>(*this, pixel_count).transform;
}

template <class T>
bool ImageStatistics::transform_sets_floor(std::size_t pixel_count) const noexcept {
  const Floors floors = rounding_floors<T>(*this, pixel_count);
  return floors.pixels <= floors.transform;
}

template double ImageStatistics::rounding_floor<float>(std::size_t) const noexcept;
template double ImageStatistics::rounding_floor<double>(std::size_t) const noexcept;
template double ImageStatistics::rounding_error<float>(std::size_t) const noexcept;
template bool ImageStatistics::transform_sets_floor<float>(std::size_t) const noexcept;

}  // namespace ndreg_preeval::detail
