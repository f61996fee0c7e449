// SPDX-License-Identifier: MIT
#include "correlation/overlap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>

namespace ndreg_preeval::detail {
namespace {

// An overlap is asked from so many pixels along each axis on, and from this share of it.
constexpr std::int64_t least_pixels = 3;
constexpr std::int64_t one_in = 8;

// Blocks of at least 3 x 3 pixels. Differences within them count only: vignetting and gradients
// hardly do. They, not pixels, are what is independent.
constexpr std::int64_t most_blocks = 8;  // per axis
constexpr std::int64_t block_pixels = 3;
constexpr std::size_t least_blocks = 4;

// Rows of a block that are enough to tell: of more, every second, third, ... counts.
constexpr std::int64_t most_rows = 16;

// Standard errors by which a farther place must beat nothing, and the nearest place.
constexpr double surely = 3;

// Variance of a block, over the sum of its squares, up to which it is rounding noise.
constexpr double no_variance = 1e-10;

constexpr std::size_t run = 256;  // pixels converted at a time

struct BlockSums {
  double pixels = 0;
  double a = 0;
  double b = 0;
  double aa = 0;
  double bb = 0;
  double ab = 0;

  void add(const double* reference, const double* image, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const bool both = reference[i] - reference[i] == 0 && image[i] - image[i] == 0;
      const double x = both ? reference[i] : 0.0;
      const double y = both ? image[i] : 0.0;
      pixels += both ? 1.0 : 0.0;
      a += x;
      b += y;
      aa += x * x;
      bb += y * y;
      ab += x * y;
    }
  }
};

// Mean and spread of the coefficients of blocks.
struct Coefficients {
  double sum = 0;
  double squares = 0;
  double pixels = 0;
  std::size_t blocks = 0;

  void add(const BlockSums& block) noexcept {
    if (block.pixels < 2) return;
    const double a = block.aa - block.a * block.a / block.pixels;
    const double b = block.bb - block.b * block.b / block.pixels;
    const bool contrast = a > no_variance * block.aa && b > no_variance * block.bb;
    if (!contrast) return;
    const double covariance = block.ab - block.a * block.b / block.pixels;
    const double r = std::clamp(covariance / std::sqrt(a) / std::sqrt(b), -1.0, 1.0);
    sum += r;
    squares += r * r;
    pixels += block.pixels;
    ++blocks;
  }

  Agreement result() const noexcept {
    if (blocks == 0) return {};
    const auto count = static_cast<double>(blocks);
    const double mean = sum / count;
    const double variance = blocks < 2 ? 1.0 : std::max(0.0, squares - sum * mean) / (count - 1);
    // Coefficients of unrelated white noise vary by 1 / pixels.
    const double least = count / pixels;
    return {mean, std::sqrt(std::max(variance, least) / count), blocks};
  }
};

void read(const CentredPixels& pixels, std::size_t row, std::size_t column, std::size_t count,
          double* out) {
  pixels.reader.read(row, column, count, out);
  const Centring& centring = pixels.centring;
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = out[i] * centring.scale * centring.gain - centring.shift;
  }
}

// A range of an axis of the reference, and where it begins in the image.
struct Range {
  Range(std::int64_t shift, std::int64_t axis)
      : first(std::max<std::int64_t>(shift, 0)),
        image_first(first - shift),
        length(axis - std::abs(shift)),
        blocks(std::clamp<std::int64_t>(length / block_pixels, 1, most_blocks)) {}

  std::int64_t block(std::int64_t index) const noexcept { return index * length / blocks; }

  std::int64_t first;
  std::int64_t image_first;
  std::int64_t length;
  std::int64_t blocks;
};

std::size_t index(std::int64_t value) noexcept { return static_cast<std::size_t>(value); }

bool overlaps(std::int64_t shift, std::int64_t length) noexcept {
  const std::int64_t common = length - std::abs(shift);
  return common >= least_pixels && common * one_in >= length;
}

std::int64_t other_place(std::int64_t shift, std::int64_t length) noexcept {
  return shift > 0 ? shift - length : shift + length;
}

}  // namespace

bool may_be_farther(const Shift& nearest, std::size_t height, std::size_t width) noexcept {
  const auto h = static_cast<std::int64_t>(height);
  const auto w = static_cast<std::int64_t>(width);
  return overlaps(other_place(nearest.dy, h), h) || overlaps(other_place(nearest.dx, w), w);
}

Agreement agreement(const CentredPixels& reference, const CentredPixels& image, const Shift& shift,
                    Cancellation& cancellation) {
  const Range rows(shift.dy, static_cast<std::int64_t>(reference.reader.height()));
  const Range columns(shift.dx, static_cast<std::int64_t>(reference.reader.width()));
  Coefficients coefficients;
  if (rows.length < 1 || columns.length < 1) return coefficients.result();
  std::array<double, run> first;
  std::array<double, run> second;
  for (std::int64_t i = 0; i < rows.blocks; ++i) {
    std::array<BlockSums, static_cast<std::size_t>(most_blocks)> sums{};
    const std::int64_t step = (rows.block(i + 1) - rows.block(i) + most_rows - 1) / most_rows;
    for (std::int64_t row = rows.block(i); row < rows.block(i + 1); row += step) {
      cancellation.check();
      for (std::int64_t k = 0; k < columns.blocks; ++k) {
        const std::int64_t end = columns.block(k + 1);
        for (std::int64_t column = columns.block(k); column < end;) {
          const std::size_t count = std::min(run, index(end - column));
          read(reference, index(rows.first + row), index(columns.first + column), count,
               first.data());
          read(image, index(rows.image_first + row), index(columns.image_first + column), count,
               second.data());
          sums[index(k)].add(first.data(), second.data(), count);
          column += static_cast<std::int64_t>(count);
        }
      }
    }
    for (std::int64_t k = 0; k < columns.blocks; ++k) coefficients.add(sums[index(k)]);
  }
  return coefficients.result();
}

Shift true_shift(const CentredPixels& reference, const CentredPixels& image, const Shift& nearest,
                 double sign, double max_shift, Cancellation& cancellation) {
  const auto height = static_cast<std::int64_t>(reference.reader.height());
  const auto width = static_cast<std::int64_t>(reference.reader.width());
  const Agreement here = agreement(reference, image, nearest, cancellation);
  Shift found = nearest;
  double best = 0;
  for (const std::int64_t dy : {nearest.dy, other_place(nearest.dy, height)}) {
    for (const std::int64_t dx : {nearest.dx, other_place(nearest.dx, width)}) {
      const Shift shift{dy, dx};
      if (shift == nearest || !overlaps(dy, height) || !overlaps(dx, width)) continue;
      if (static_cast<double>(std::max(std::abs(dy), std::abs(dx))) > max_shift) continue;
      const Agreement there = agreement(reference, image, shift, cancellation);
      if (there.blocks < least_blocks) continue;
      const double gain = sign * (there.coefficient - here.coefficient);
      const bool agrees = sign * there.coefficient > surely * there.error;
      if (!agrees || gain <= surely * std::hypot(there.error, here.error)) continue;
      const double certainty = sign * there.coefficient / there.error;
      if (certainty > best) {
        best = certainty;
        found = shift;
      }
    }
  }
  return found;
}

}  // namespace ndreg_preeval::detail
