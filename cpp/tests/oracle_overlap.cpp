// SPDX-License-Identifier: MIT
// The true shift of a peak by its definition: what both images show there must agree.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "oracle.hpp"

namespace oracle {
namespace {

using images::Image;
using Pairs = std::vector<std::pair<double, double>>;

struct Agreement {
  double coefficient = 0;
  double error = 0;
  int blocks = 0;
};

// Which of so many parts of a range a pixel is in.
int part(int at, int length) {
  const int parts = std::clamp(length / 3, 1, 8);
  int found = 0;
  while ((found + 1) * length / parts <= at) ++found;
  return found;
}

// NaN where one of them has no contrast.
double correlation(const Pairs& pairs) {
  const auto n = static_cast<double>(pairs.size());
  double a = 0;
  double b = 0;
  for (const auto& [x, y] : pairs) {
    a += x / n;
    b += y / n;
  }
  double aa = 0;
  double bb = 0;
  double ab = 0;
  for (const auto& [x, y] : pairs) {
    aa += (x - a) * (x - a);
    bb += (y - b) * (y - b);
    ab += (x - a) * (y - b);
  }
  return ab / std::sqrt(aa * bb);
}

Agreement agreement(const Image& reference, const Image& image, int dy, int dx) {
  const auto h = static_cast<int>(image.height);
  const auto w = static_cast<int>(image.width);
  std::vector<Pairs> blocks(64);
  for (int y = std::max(0, dy); y < std::min(h, h + dy); ++y) {
    for (int x = std::max(0, dx); x < std::min(w, w + dx); ++x) {
      const double a = reference.at(static_cast<std::size_t>(y), static_cast<std::size_t>(x));
      const double b = image.at(static_cast<std::size_t>(y - dy), static_cast<std::size_t>(x - dx));
      if (!std::isfinite(a) || !std::isfinite(b)) continue;
      const int row = part(y - std::max(0, dy), h - std::abs(dy));
      const int column = part(x - std::max(0, dx), w - std::abs(dx));
      blocks[8 * static_cast<std::size_t>(row) + static_cast<std::size_t>(column)].emplace_back(a,
                                                                                                b);
    }
  }
  std::vector<double> found;
  double pixels = 0;
  for (const Pairs& pairs : blocks) {
    const double r = pairs.size() < 2 ? std::nan("") : correlation(pairs);
    if (!std::isfinite(r)) continue;
    found.push_back(r);
    pixels += static_cast<double>(pairs.size());
  }
  Agreement result;
  result.blocks = static_cast<int>(found.size());
  if (found.empty()) return result;
  const auto n = static_cast<double>(found.size());
  for (const double r : found) result.coefficient += r / n;
  double variance = found.size() < 2 ? 1 : 0;
  for (const double r : found) {
    if (found.size() > 1) variance += std::pow(r - result.coefficient, 2) / (n - 1);
  }
  result.error = std::sqrt(std::max(variance, n / pixels) / n);
  return result;
}

bool enough(int shift, std::size_t axis) {
  const auto length = static_cast<int>(axis);
  return length - std::abs(shift) >= 3 && 8 * (length - std::abs(shift)) >= length;
}

}  // namespace

std::pair<int, int> true_shift(const Image& reference, const Image& image,
                               std::pair<int, int> nearest, double sign, double max_shift) {
  const auto other = [](int shift, std::size_t axis) {
    const auto length = static_cast<int>(axis);
    return shift > 0 ? shift - length : shift + length;
  };
  const Agreement here = agreement(reference, image, nearest.first, nearest.second);
  std::pair<int, int> best = nearest;
  double best_ratio = 0;
  for (const bool vertical : {false, true}) {
    for (const bool horizontal : {false, true}) {
      const int dy = vertical ? other(nearest.first, image.height) : nearest.first;
      const int dx = horizontal ? other(nearest.second, image.width) : nearest.second;
      if (!vertical && !horizontal) continue;
      if (!enough(dy, image.height) || !enough(dx, image.width)) continue;
      if (std::abs(dy) > max_shift || std::abs(dx) > max_shift) continue;
      const Agreement there = agreement(reference, image, dy, dx);
      if (there.blocks < 4 || sign * there.coefficient <= 3 * there.error) continue;
      const double both = std::hypot(there.error, here.error);
      if (sign * (there.coefficient - here.coefficient) <= 3 * both) continue;
      if (sign * there.coefficient / there.error <= best_ratio) continue;
      best_ratio = sign * there.coefficient / there.error;
      best = {dy, dx};
    }
  }
  return best;
}

}  // namespace oracle
