// SPDX-License-Identifier: MIT
#include "image/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <ndreg_preeval/pair_score.hpp>

#include "image/levels.hpp"

namespace ndreg_preeval::detail {
namespace {

constexpr std::size_t block_of_row = 256;  // pixels converted at a time
constexpr std::size_t lanes = 4;           // independent sums, so that additions need not wait
constexpr std::size_t pixels_between_checks = std::size_t{1} << 16;
constexpr double infinity = std::numeric_limits<double>::infinity();

// Of the valid pixels times the scale; `about` is one of them, and what sums are taken about.
struct Sums {
  double about = 0;
  double low = infinity;
  double high = -infinity;
  double sum = 0;       // pixel - about
  double squares = 0;   // (pixel - about)^2
  double absolute = 0;  // |pixel|
  std::int64_t valid = 0;
  std::size_t levels = 0;
};

Sums sweep(const PixelReader& reader, double scale, Cancellation& cancellation) {
  Sums sums;
  Levels levels;
  std::array<double, block_of_row> pixels;
  std::array<double, lanes> low, high, sum{}, squares{}, absolute{}, valid{};
  low.fill(infinity);
  high.fill(-infinity);
  bool found = false;
  std::size_t unasked = 0;  // pixels since the caller was asked
  for (std::size_t row = 0; row < reader.height(); ++row) {
    for (std::size_t first = 0; first < reader.width(); first += block_of_row) {
      const std::size_t count = std::min(block_of_row, reader.width() - first);
      unasked += count;
      if (unasked >= pixels_between_checks) {
        cancellation.check();
        unasked = 0;
      }
      reader.read(row, first, count, pixels.data());
      if (scale != 1) {
        for (std::size_t i = 0; i < count; ++i) pixels[i] *= scale;
      }
      for (std::size_t i = 0; !found && i < count; ++i) {
        found = std::isfinite(pixels[i]);
        if (found) sums.about = pixels[i];
      }
      std::fill(pixels.begin() + static_cast<std::ptrdiff_t>(count), pixels.end(), infinity);
      if (levels.size() <= Levels::few) levels.add(pixels.data(), count);
      const double about = sums.about;
      for (std::size_t i = 0; i < count; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) {
          const double pixel = pixels[i + k];
          const bool finite = pixel - pixel == 0;
          const double difference = finite ? pixel - about : 0.0;
          low[k] = finite && pixel < low[k] ? pixel : low[k];
          high[k] = finite && pixel > high[k] ? pixel : high[k];
          sum[k] += difference;
          squares[k] += difference * difference;
          absolute[k] += finite ? std::abs(pixel) : 0.0;
          valid[k] += finite ? 1.0 : 0.0;
        }
      }
    }
  }
  for (std::size_t k = 0; k < lanes; ++k) {
    sums.low = std::min(sums.low, low[k]);
    sums.high = std::max(sums.high, high[k]);
    sums.sum += sum[k];
    sums.squares += squares[k];
    sums.absolute += absolute[k];
    sums.valid += static_cast<std::int64_t>(valid[k]);
  }
  sums.levels = levels.size();
  return sums;
}

// First pixel of a value that the sweep has seen.
PixelIndex find(const PixelReader& reader, double scale, double pixel, Cancellation& cancellation) {
  std::array<double, block_of_row> pixels;
  for (std::size_t row = 0; row < reader.height(); ++row) {
    cancellation.check();
    for (std::size_t first = 0; first < reader.width(); first += block_of_row) {
      const std::size_t count = std::min(block_of_row, reader.width() - first);
      reader.read(row, first, count, pixels.data());
      for (std::size_t i = 0; i < count; ++i) {
        if (pixels[i] * scale == pixel) return {row, first + i};
      }
    }
  }
  return {};
}

}  // namespace

ImageStatistics full_statistics(const PixelReader& reader, Cancellation& cancellation) {
  ImageStatistics statistics;
  const auto size = static_cast<std::int64_t>(reader.height() * reader.width());
  Sums sums = sweep(reader, 1, cancellation);
  statistics.invalid = size - sums.valid;
  if (sums.valid == 0) {
    statistics.flags = all_invalid;
    return statistics;
  }
  if (sums.low == sums.high) {
    statistics.flags = no_contrast;
    return statistics;
  }
  if (sums.levels <= Levels::few) statistics.flags |= few_levels;
  Centring& centring = statistics.centring;
  const double largest = std::max(std::abs(sums.low), std::abs(sums.high));
  if (largest > 1e140 || largest < 1e-140) {  // squares of differences would leave the range
    // Half: differences of opposite signs stay below 2.
    centring.scale = power_to_one(largest) * 0.5;
    sums = sweep(reader, centring.scale, cancellation);
  }
  const auto count = static_cast<double>(sums.valid);
  const double shift = sums.sum / count;
  const double offset = sums.about + shift;
  const double farthest = std::max(sums.high - offset, offset - sums.low);
  centring.gain = power_to_one(farthest);
  centring.shift = statistics.mean = offset * centring.gain;
  const double variance = std::max(0.0, sums.squares / count - shift * shift);
  statistics.rms = std::sqrt(variance * count / static_cast<double>(size)) * centring.gain;
  statistics.sum_abs =
      (sums.absolute + static_cast<double>(size - sums.valid) * std::abs(offset)) * centring.gain;
  if (!reader.leaves_out() && farthest * farthest > 0.5 * variance * count) {
    const double pixel = sums.high - offset == farthest ? sums.high : sums.low;
    statistics.dominant = find(reader, centring.scale, pixel, cancellation);
  }
  return statistics;
}

double share_of_variance(const PixelReader& reader, const ImageStatistics& statistics,
                         const std::vector<std::size_t>& pixels) {
  const Centring& centring = statistics.centring;
  double squares = 0;
  for (const std::size_t place : pixels) {
    double pixel = 0;
    reader.read(place / reader.width(), place % reader.width(), 1, &pixel);
    if (!std::isfinite(pixel)) continue;
    const double centred = pixel * centring.scale * centring.gain - statistics.mean;
    squares += centred * centred;
  }
  const auto size = static_cast<double>(reader.height() * reader.width());
  return squares / (size * statistics.rms * statistics.rms);
}

}  // namespace ndreg_preeval::detail
