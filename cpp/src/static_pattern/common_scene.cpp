// SPDX-License-Identifier: MIT
#include "static_pattern/common_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ndreg_preeval::detail {
namespace {

constexpr double least = 1e-300;  // for logarithms and ratios

// What every second image has in common, from the first or the second one on: the sum of these
// (spectra or pixels), each times its gain, over the sum of the squares of the gains.
template <class Part>
Part common_of(const std::vector<Part>& parts, const std::vector<double>& gains,
               std::size_t first) {
  double squares = 0;
  for (std::size_t i = first; i < parts.size(); i += 2) squares += gains[i] * gains[i];
  Part sum(parts[first].size());
  for (std::size_t i = first; i < parts.size(); i += 2) {
    const double factor = squares > 0 ? gains[i] / squares : 0;
    const Part& part = parts[i];
    for (std::size_t at = 0; at < sum.size(); ++at) sum[at] += factor * part[at];
  }
  return sum;
}

struct Tile {
  std::size_t top;
  std::size_t bottom;
  std::size_t left;
  std::size_t right;

  double height() const noexcept { return static_cast<double>(bottom - top); }
  double width() const noexcept { return static_cast<double>(right - left); }
};

std::vector<Tile> tiles_of(const Planes& planes, std::size_t along) {
  std::vector<Tile> tiles;
  const auto border = [along](std::size_t i, std::size_t length) { return i * length / along; };
  for (std::size_t i = 0; i < along; ++i) {
    for (std::size_t j = 0; j < along; ++j) {
      tiles.push_back({border(i, planes.height), border(i + 1, planes.height),
                       border(j, planes.width), border(j + 1, planes.width)});
    }
  }
  return tiles;
}

// The pixels of a tile without the plane that fits them best.
std::vector<double> without_plane(const Plane& pixels, std::size_t width, const Tile& tile) {
  std::vector<double> values;
  values.reserve((tile.bottom - tile.top) * (tile.right - tile.left));
  for (std::size_t y = tile.top; y < tile.bottom; ++y) {
    for (std::size_t x = tile.left; x < tile.right; ++x) values.push_back(pixels[y * width + x]);
  }
  // Calls each(value, down, across), both from the middle on.
  const auto for_each = [&](const auto& each) {
    double down = -(tile.height() - 1) / 2;
    std::size_t i = 0;
    for (std::size_t y = tile.top; y < tile.bottom; ++y, ++down) {
      double across = -(tile.width() - 1) / 2;
      for (std::size_t x = tile.left; x < tile.right; ++x, ++across)
        each(values[i++], down, across);
    }
  };
  double sum = 0;
  double slope_y = 0;
  double slope_x = 0;
  double squares_y = 0;
  double squares_x = 0;
  for_each([&](double value, double down, double across) {
    sum += value;
    slope_y += down * value;
    slope_x += across * value;
    squares_y += down * down;
    squares_x += across * across;
  });
  const double mean = sum / std::max(1.0, static_cast<double>(values.size()));
  slope_y = squares_y > 0 ? slope_y / squares_y : 0;
  slope_x = squares_x > 0 ? slope_x / squares_x : 0;
  for_each([&](double& value, double down, double across) {
    value -= mean + slope_y * down + slope_x * across;
  });
  return values;
}

double product_of(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Between neighbours, as numpy's.
double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (place - static_cast<double>(low)) * (values[high] - values[low]);
}

void add_tiles(CommonScene& scene, const Planes& planes, const Plane& a, const Plane& b) {
  std::vector<double> covariances;
  std::vector<double> correlations;
  double sum = 0;
  for (const Tile& tile : tiles_of(planes, 10)) {
    const std::vector<double> first = without_plane(a, planes.width, tile);
    const std::vector<double> second = without_plane(b, planes.width, tile);
    const double product = product_of(first, second);
    const double size = std::sqrt(product_of(first, first) * product_of(second, second));
    covariances.push_back(product / std::max(1.0, static_cast<double>(first.size())));
    correlations.push_back(size > 0 ? product / size : 0);
    sum += covariances.back();
  }
  const double mean = sum / static_cast<double>(covariances.size());
  scene.spread = mean > 0 ? quantile(covariances, 0.5) / mean : 0;
  scene.seen = quantile(correlations, 0.25);
}

}  // namespace

CommonScene common_scene(const Planes& planes, Cancellation& cancellation) {
  const Spectrum first = common_of(planes.spectra, planes.gains, 0);
  const Spectrum second = common_of(planes.spectra, planes.gains, 1);
  RingSums alike;
  RingSums size;
  RingSums bins;
  cancellation.check();
  planes.frequencies.for_each_off_axis([&](std::size_t at, std::size_t ring, double weight) {
    const std::complex<double> a = first[at];
    const std::complex<double> b = second[at];
    alike[ring] += weight * (a.real() * b.real() + a.imag() * b.imag());
    size[ring] += weight * (std::norm(a) + std::norm(b)) / 2;
    bins[ring] += weight;
  });
  const auto mean = [&](double low, double high) {
    return alike.between(low, high) / std::max(bins.between(low, high), 1.0);
  };
  const auto coherence = [&](double low, double high) {
    return alike.between(low, high) / std::max(size.between(low, high), least);
  };
  CommonScene scene;
  scene.coherence = std::max(coherence(0.075, 0.15), coherence(0.125, 0.25));
  scene.slope = std::log(std::max(mean(0.05, 0.125), least) / std::max(mean(0.25, 1), least));
  cancellation.check();
  add_tiles(scene, planes, common_of(planes.pixels, planes.gains, 0),
            common_of(planes.pixels, planes.gains, 1));
  return scene;
}

}  // namespace ndreg_preeval::detail
