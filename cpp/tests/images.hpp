// SPDX-License-Identifier: MIT
// Images for tests, the same on every platform, and views of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <ndreg_preeval/ndreg_preeval.hpp>

namespace images {

struct Image {
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<double> pixels;

  double& at(std::size_t y, std::size_t x) { return pixels[y * width + x]; }
  double at(std::size_t y, std::size_t x) const { return pixels[y * width + x]; }
  std::size_t size() const { return pixels.size(); }
  ndreg_preeval::ImageView view() const {
    return ndreg_preeval::make_view(pixels.data(), height, width);
  }
};

// Numbers in [0, 1): the engine's sequence is fixed by the standard, distributions are not.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t bits() { return static_cast<std::uint32_t>(engine_()); }
  double number() { return bits() * 0x1p-32; }

 private:
  std::mt19937 engine_;
};

inline Image noise(std::size_t height, std::size_t width, std::uint32_t seed) {
  Random random(seed);
  Image image{height, width, std::vector<double>(height * width)};
  for (double& pixel : image.pixels) pixel = random.number();
  return image;
}

inline Image constant(std::size_t height, std::size_t width, double value) {
  return {height, width, std::vector<double>(height * width, value)};
}

// Moved down and right around the edges.
inline Image rolled(const Image& image, std::ptrdiff_t down, std::ptrdiff_t right) {
  const auto wrap = [](std::ptrdiff_t index, std::size_t length) {
    const auto n = static_cast<std::ptrdiff_t>(length);
    return static_cast<std::size_t>(((index % n) + n) % n);
  };
  Image moved = image;
  for (std::size_t y = 0; y < image.height; ++y) {
    for (std::size_t x = 0; x < image.width; ++x) {
      moved.at(wrap(static_cast<std::ptrdiff_t>(y) + down, image.height),
               wrap(static_cast<std::ptrdiff_t>(x) + right, image.width)) = image.at(y, x);
    }
  }
  return moved;
}

inline Image sum(const Image& a, const Image& b, double weight) {
  Image image = a;
  for (std::size_t i = 0; i < image.size(); ++i) image.pixels[i] += weight * b.pixels[i];
  return image;
}

// A few bright, smooth blobs that wrap around the edges; `dy` and `dx` may be fractions.
inline Image blobs(std::size_t height, std::size_t width, std::uint32_t seed, double dy = 0,
                   double dx = 0) {
  Random random(seed);
  Image image = constant(height, width, 0);
  const auto apart = [](double a, double b, std::size_t length) {
    const double d = std::remainder(a - b, static_cast<double>(length));
    return d * d;
  };
  for (int blob = 0; blob < 12; ++blob) {
    const double y = random.number() * static_cast<double>(height) + dy;
    const double x = random.number() * static_cast<double>(width) + dx;
    const double bright = 1 + random.number();
    for (std::size_t row = 0; row < height; ++row) {
      for (std::size_t column = 0; column < width; ++column) {
        const double distance = apart(static_cast<double>(row), y, height) +
                                apart(static_cast<double>(column), x, width);
        image.at(row, column) += bright * std::exp(-distance / 4.5);
      }
    }
  }
  return image;
}

inline ndreg_preeval::Filter filter(ndreg_preeval::Window window,
                                    double cutoff = std::numeric_limits<double>::infinity()) {
  ndreg_preeval::Filter filter;
  filter.window = window;
  filter.cutoff = cutoff;
  return filter;
}

// The peak of an image with its circularly shifted copy: all bins but that of the mean agree.
inline double copy_peak(const Image& image) { return 1 - 1 / static_cast<double>(image.size()); }

inline std::vector<ndreg_preeval::ImageView> views(const std::vector<Image>& all) {
  std::vector<ndreg_preeval::ImageView> result;
  result.reserve(all.size());
  for (const Image& image : all) result.push_back(image.view());
  return result;
}

}  // namespace images
