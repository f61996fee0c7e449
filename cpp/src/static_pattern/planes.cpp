// SPDX-License-Identifier: MIT
#include "static_pattern/planes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "kernel/plane_transform.hpp"
#include "static_pattern/block_means.hpp"
#include "threads/parallel.hpp"

namespace ndreg_preeval::detail {
namespace {

// Changes of brightness are found after so many rounds, also of three images with a factor of ten
// between them.
constexpr int rounds_of_gains = 80;

// Periodic; none where an axis is too short for one.
std::vector<double> hann(std::size_t length) {
  std::vector<double> window(length, 1.0);
  if (length < 8) return window;
  const double step = 2 * std::acos(-1.0) / static_cast<double>(length);
  for (std::size_t i = 0; i < length; ++i) {
    window[i] = 0.5 - 0.5 * std::cos(step * static_cast<double>(i));
  }
  return window;
}

Spectrum spectrum_of(const Planes& planes, const Plane& pixels) {
  const std::vector<double> down = hann(planes.height);
  const std::vector<double> across = hann(planes.width);
  Plane windowed(pixels.size());
  for (std::size_t y = 0; y < planes.height; ++y) {
    for (std::size_t x = 0; x < planes.width; ++x) {
      const std::size_t at = y * planes.width + x;
      windowed[at] = pixels[at] * down[y] * across[x];
    }
  }
  const Frequencies& frequencies = planes.frequencies;
  Spectrum spectrum(frequencies.size());
  kernel::transform_plane(planes.height, planes.width, windowed.data(), spectrum.data());
  for (const std::size_t row : {std::size_t{0}, std::size_t{1}, planes.height - 1}) {
    for (std::size_t kx = 0; kx < 2; ++kx) spectrum[row * frequencies.columns() + kx] = 0;
  }
  return spectrum;
}

using Products = std::vector<std::vector<double>>;

// Of the real and imaginary parts of a row; the order of the sum does not depend on the processor.
double dot(const std::complex<double>* a, const std::complex<double>* b, std::size_t count) {
  constexpr std::size_t sums_at_once = 8;
  const auto* x = reinterpret_cast<const double*>(a);
  const auto* y = reinterpret_cast<const double*>(b);
  std::array<double, sums_at_once> sums{};
  const std::size_t whole = 2 * count / sums_at_once * sums_at_once;
  for (std::size_t i = 0; i < whole; i += sums_at_once) {
    for (std::size_t k = 0; k < sums_at_once; ++k) sums[k] += x[i + k] * y[i + k];
  }
  for (std::size_t i = whole; i < 2 * count; ++i) sums[i - whole] += x[i] * y[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

double product(std::complex<double> a, std::complex<double> b) noexcept {
  return a.real() * b.real() + a.imag() * b.imag();
}

// What each image has in common with each other one, row after row of all of them: these stay in
// the cache. As many parts as threads may take, whatever their number.
Products inner_products(const Planes& planes, std::size_t threads, Cancellation& cancellation) {
  constexpr std::size_t parts = 16;
  const std::size_t count = planes.count();
  const std::size_t columns = planes.frequencies.columns();
  const bool even = planes.width % 2 == 0;
  const Products none(count, std::vector<double>(count, 0.0));
  std::vector<Products> found(parts, none);
  for_each_index(parts, threads, cancellation, [&](std::size_t part, std::size_t /*thread*/) {
    const std::size_t end = (part + 1) * planes.height / parts;
    for (std::size_t row = part * planes.height / parts; row < end; ++row) {
      cancellation.check();
      for (std::size_t i = 0; i < count; ++i) {
        const std::complex<double>* a = planes.spectra[i].data() + row * columns;
        for (std::size_t j = i; j < count; ++j) {
          const std::complex<double>* b = planes.spectra[j].data() + row * columns;
          // Frequencies are twice in the whole spectrum, but for the first one and the last one of
          // an even width.
          double sum = 2 * dot(a, b, columns) - product(a[0], b[0]);
          if (even) sum -= product(a[columns - 1], b[columns - 1]);
          found[part][i][j] += sum;
        }
      }
    }
  });
  Products products = none;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i; j < count; ++j) {
      for (const Products& part : found) products[i][j] += part[i][j];
      products[j][i] = products[i][j];
    }
  }
  return products;
}

// One factor for each image, so that products of two different ones are as their inner products:
// noise of an image is in its product with itself only. All 1 where that has no answer.
std::vector<double> gains_from(const Products& products) {
  const std::size_t count = products.size();
  const auto none = [count] { return std::vector<double>(count, 1.0); };
  std::vector<double> gains = none();
  if (count < 3) return gains;
  for (int round = 0; round < rounds_of_gains; ++round) {
    double squares = 0;
    for (const double gain : gains) squares += gain * gain;
    std::vector<double> next(count, 0.0);
    double size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double others = squares - gains[i] * gains[i];
      if (!(others > 0)) return none();
      for (std::size_t j = 0; j < count; ++j) {
        if (j != i) next[i] += products[i][j] * gains[j];
      }
      next[i] /= others;
      size += next[i] * next[i];
    }
    size = std::sqrt(size / static_cast<double>(count));
    if (!(size > 0) || !std::isfinite(size)) return none();
    for (std::size_t i = 0; i < count; ++i) gains[i] = (gains[i] + next[i] / size) / 2;
  }
  return gains;
}

}  // namespace

Frequencies::Frequencies(std::size_t height, std::size_t width)
    : height_(height), width_(width), ring_(height * columns()) {
  const auto squared = [](std::size_t k, std::size_t length) {
    const double part = static_cast<double>(k) / static_cast<double>(length);
    return part * part;
  };
  for (std::size_t row = 0; row < height; ++row) {
    const std::size_t ky = std::min(row, height - row);
    for (std::size_t kx = 0; kx < columns(); ++kx) {
      const double cycles = std::sqrt(squared(ky, height) + squared(kx, width));
      const auto ring = static_cast<std::uint8_t>(40 * cycles);
      ring_[row * columns() + kx] = ky <= 1 && kx <= 1 ? left_out : ring;
    }
  }
}

Planes planes_of(const std::vector<ImageView>& images, std::size_t threads,
                 Cancellation& cancellation) {
  const Blocks blocks(images.front().height, images.front().width);
  const double scale = common_scale(images, cancellation);
  Planes planes;
  planes.height = blocks.height;
  planes.width = blocks.width;
  planes.frequencies = Frequencies(blocks.height, blocks.width);
  planes.pixels.resize(images.size());
  planes.spectra.resize(images.size());
  for_each_index(images.size(), threads, cancellation, [&](std::size_t i, std::size_t /*thread*/) {
    planes.pixels[i] = means_of_blocks(images[i], blocks, scale, cancellation);
    planes.spectra[i] = spectrum_of(planes, planes.pixels[i]);
  });
  const Products products = inner_products(planes, threads, cancellation);
  for (std::size_t i = 0; i < images.size(); ++i) planes.own_powers.push_back(products[i][i]);
  planes.gains = gains_from(products);
  return planes;
}

}  // namespace ndreg_preeval::detail
