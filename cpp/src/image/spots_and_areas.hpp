// SPDX-License-Identifier: MIT
// Single pixels and areas that may be outliers: what finding them and comparing them share.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "image/bulk.hpp"
#include "image/pixel_reader.hpp"

namespace ndreg_preeval::detail {

constexpr double sharp_spot = 5;  // in units of how its neighbours differ
constexpr double least_apart = 0.75;

inline double pixel_at(const PixelReader& reader, std::size_t place) {
  double pixel = 0;
  reader.read(place / reader.width(), place % reader.width(), 1, &pixel);
  return pixel;
}

// The same number in two images, which count 64-bit integers from different ones.
inline bool same_number(double a, const PixelReader& in_a, double b,
                        const PixelReader& in_b) noexcept {
  if (in_a.origin() == in_b.origin()) return a == b;
  const double first = a + in_a.origin();
  const double second = b + in_b.origin();
  return std::abs(first - second) <= 0x1p-50 * std::abs(first);
}

// Whether one pixel is far out of those around it, and these are alike: what optics have blurred
// over two pixels or more is not. Returns on which side, or 0.
inline int spot_side(const PixelReader& reader, const Bulk& bulk, std::size_t place) {
  const double pixel = pixel_at(reader, place);
  if (!std::isfinite(pixel) || !bulk.far(pixel, far_spot)) return 0;
  std::array<double, 8> around;
  std::size_t count = 0;
  const std::size_t row = place / reader.width();
  const std::size_t column = place % reader.width();
  const std::size_t left = column > 0 ? column - 1 : 0;
  const std::size_t width = std::min(column + 2, reader.width()) - left;
  for (std::size_t y = row > 0 ? row - 1 : 0; y < std::min(row + 2, reader.height()); ++y) {
    std::array<double, 3> line;
    reader.read(y, left, width, line.data());
    for (std::size_t i = 0; i < width; ++i) {
      if ((y != row || left + i != column) && std::isfinite(line[i])) around[count++] = line[i];
    }
  }
  if (count < 3) return 0;
  // Most neighbours are at least half as far out: no need for more.
  std::size_t near = 0;
  for (std::size_t i = 0; i < count; ++i) {
    near += std::abs(around[i] - pixel) < 0.5 * bulk.distance(pixel) ? 1U : 0U;
  }
  if (2 * near >= count) return 0;
  double* const begin = around.data();
  double* const middle = begin + (count - 1) / 2;
  double* const end = begin + count;
  std::nth_element(begin, middle, end);
  const double median = *middle;
  const double height = std::abs(pixel - median);
  if (!(height > far_spot * bulk.spread)) return 0;
  for (double* other = begin; other < end; ++other) *other = std::abs(*other - median);
  double* const most = begin + (6 * count - 1) / 8;
  std::nth_element(begin, most, end);
  if (!(height > sharp_spot * *most)) return 0;
  return pixel > median ? 1 : -1;
}

// Pixels beside an area are nearer to the bulk than to its value, most of them.
class Apart {
 public:
  Apart(const Bulk& bulk, double value) noexcept
      : value_(value), least_(0.5 * bulk.distance(value)) {}

  void add(double pixel) noexcept {
    ++all_;
    apart_ += std::abs(pixel - value_) > least_ ? 1U : 0U;
  }
  explicit operator bool() const noexcept {
    return static_cast<double>(apart_) >= least_apart * static_cast<double>(all_);
  }

 private:
  double value_;
  double least_;
  std::size_t all_ = 0;
  std::size_t apart_ = 0;
};

}  // namespace ndreg_preeval::detail
