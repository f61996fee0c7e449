// SPDX-License-Identifier: MIT
#include "static_pattern/kind_of_static.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ndreg_preeval::detail {
namespace {

constexpr std::size_t least_pixels = 16;
constexpr std::size_t most_cells = 32;  // along an axis

// Fitted to what hides photographs that move. The border of the brighter part of an image is longer
// than this, in units of neighbouring cells, where it is no area: the square root of its share
// counts.
constexpr double longest_border = 0.09;
// Cells beside each other differ by more than this, in units of what bright and dark differ by:
constexpr double sharp = 0.35;       // on average across the border, of an area with an edge
constexpr double structured = 0.13;  // elsewhere, of many things

// An image as the means of at most 32 x 32 cells: noise and what moved are small in these.
struct Cells {
  Cells(const double* mean, std::size_t height, std::size_t width)
      : rows(std::min(height, most_cells)),
        columns(std::min(width, most_cells)),
        values(rows * columns) {
    for (std::size_t j = 0; j < rows; ++j) {
      const std::size_t top = j * height / rows;
      const std::size_t bottom = (j + 1) * height / rows;
      for (std::size_t i = 0; i < columns; ++i) {
        const std::size_t left = i * width / columns;
        const std::size_t right = (i + 1) * width / columns;
        double sum = 0;
        for (std::size_t y = top; y < bottom; ++y) {
          for (std::size_t x = left; x < right; ++x) sum += mean[y * width + x];
        }
        values[j * columns + i] = sum / static_cast<double>((bottom - top) * (right - left));
      }
    }
  }

  std::size_t rows;
  std::size_t columns;
  std::vector<double> values;
};

// The bright and the dark cells, so that their means differ most for their numbers (Otsu, IEEE
// Trans. Syst. Man Cybern. 9, 62, 1979).
struct TwoLevels {
  explicit TwoLevels(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const double first = values.front();  // an offset costs no digits
    double total = 0;
    for (const double value : values) total += value - first;
    double sum = 0;
    double widest = 0;
    const auto all = static_cast<double>(values.size());
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
      sum += values[i] - first;
      const auto below = static_cast<double>(i + 1);
      const double apart = (total - sum) / (all - below) - sum / below;
      const double spread = below * (all - below) * apart * apart;
      if (!(spread > widest) || !(values[i + 1] > values[i])) continue;
      widest = spread;
      highest_dark = values[i];
      difference = apart;
      share = std::min(below, all - below) / all;
    }
  }

  double highest_dark = 0;
  double difference = 0;  // of their means; 0 where all are equal
  double share = 0;       // of the fewer ones
};

// Sums over pairs of neighbouring cells.
struct Pairs {
  void add(double difference) noexcept {
    sum += std::abs(difference);
    ++number;
  }
  double mean() const noexcept { return number > 0 ? sum / static_cast<double>(number) : 0; }

  double sum = 0;
  std::size_t number = 0;
};

}  // namespace

KindOfStatic kind_of_static(const double* mean, std::size_t height, std::size_t width) {
  if (height < least_pixels || width < least_pixels) return KindOfStatic::other;
  const Cells cells(mean, height, width);
  const TwoLevels levels(cells.values);
  if (!(levels.difference > 0)) return KindOfStatic::other;
  Pairs border;
  Pairs elsewhere;
  const auto compare = [&](double a, double b) {
    const bool across = (a > levels.highest_dark) != (b > levels.highest_dark);
    (across ? border : elsewhere).add(a - b);
  };
  for (std::size_t j = 0; j < cells.rows; ++j) {
    for (std::size_t i = 0; i < cells.columns; ++i) {
      const double* here = &cells.values[j * cells.columns + i];
      if (i + 1 < cells.columns) compare(here[0], here[1]);
      if (j + 1 < cells.rows) compare(here[0], here[cells.columns]);
    }
  }
  const auto pairs = static_cast<double>(border.number + elsewhere.number);
  const double length = static_cast<double>(border.number) / pairs / std::sqrt(4 * levels.share);
  if (length > longest_border) return KindOfStatic::other;
  if (elsewhere.mean() > structured * levels.difference) return KindOfStatic::other;
  return border.mean() >= sharp * levels.difference ? KindOfStatic::aperture
                                                    : KindOfStatic::background;
}

}  // namespace ndreg_preeval::detail
