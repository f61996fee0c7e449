// SPDX-License-Identifier: MIT
#include "static_pattern/planes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "image/pixel_reader.hpp"
#include "kernel/plane_transform.hpp"
#include "threads/parallel.hpp"

namespace ndreg_preeval::detail {
namespace {

// Images from so many pixels on, along both axes, are halved.
constexpr std::size_t halved_from = 64;

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

bool may_overflow(PixelType type) noexcept {
  return type == PixelType::float64 || type == PixelType::long_double;
}

double largest_magnitude(const PixelReader& reader, Cancellation& cancellation) {
  std::vector<double> row(reader.width());
  double largest = 0;
  for (std::size_t y = 0; y < reader.height(); ++y) {
    cancellation.check();
    reader.read(y, 0, row.size(), row.data());
    for (const double pixel : row) {
      if (std::isfinite(pixel)) largest = std::max(largest, std::abs(pixel));
    }
  }
  return largest;
}

// A power of two that brings the largest pixel of all to about 1, so that squares of squares are
// numbers.
double common_scale(const std::vector<ImageView>& images, Cancellation& cancellation) {
  double largest = 0;
  for (const ImageView& image : images) {
    if (!may_overflow(image.type)) return 1;
    largest = std::max(largest, largest_magnitude(PixelReader(image), cancellation));
  }
  return largest > 0 ? std::ldexp(1.0, -std::clamp(std::ilogb(largest), -1000, 1000)) : 1;
}

// The pixels of one image, block by block, from a corner on.
struct Blocks {
  std::size_t side;
  std::size_t height;  // blocks
  std::size_t width;
  std::size_t top;
  std::size_t left;

  Blocks(std::size_t rows, std::size_t columns)
      : side(std::min(rows, columns) >= halved_from ? 2 : 1),
        height(rows / side),
        width(columns / side),
        top((rows - height * side) / 2),
        left((columns - width * side) / 2) {}
};

// Means of blocks, about their mean; pixels that are not valid are that mean.
class Means {
 public:
  Means(const Blocks& blocks, double scale)
      : blocks_(blocks),
        scale_(scale),
        row_(blocks.width * blocks.side),
        sums_(blocks.height * blocks.width, 0.0) {}

  Plane read(const PixelReader& reader, Cancellation& cancellation) {
    for (std::size_t y = 0; y < blocks_.height * blocks_.side; ++y) {
      cancellation.check();
      reader.read(blocks_.top + y, blocks_.left, row_.size(), row_.data());
      const std::size_t invalid = take_row();
      const std::size_t first = y / blocks_.side * blocks_.width;
      add(row_, sums_.data() + first);
      if (invalid > 0) add_invalid(first);
      valid_ += row_.size() - invalid;
    }
    double total = 0;
    for (const double sum : sums_) total += sum;
    const double mean = valid_ > 0 ? total / static_cast<double>(valid_) : 0;
    const auto size = static_cast<double>(blocks_.side * blocks_.side);
    for (double& sum : sums_) sum = sum / size - mean;
    for (std::size_t i = 0; i < invalid_.size(); ++i) sums_[i] += invalid_[i] * mean / size;
    return std::move(sums_);
  }

 private:
  static bool is_valid(double pixel) noexcept { return pixel - pixel == 0; }

  // Numbers about one of the pixels: an offset costs no digits. Those that are not valid become 0;
  // returns how many.
  std::size_t take_row() {
    std::size_t valid = 0;
    for (const double pixel : row_) valid += is_valid(pixel) ? 1U : 0U;
    if (valid > 0 && valid_ == 0) {
      origin_ = *std::find_if(row_.begin(), row_.end(), &Means::is_valid) * scale_;
    }
    if (valid == row_.size()) {
      for (double& pixel : row_) pixel = pixel * scale_ - origin_;
      return 0;
    }
    bad_.assign(row_.size(), 0.0);
    for (std::size_t x = 0; x < row_.size(); ++x) {
      const bool good = is_valid(row_[x]);
      row_[x] = good ? row_[x] * scale_ - origin_ : 0;
      bad_[x] = good ? 0 : 1;
    }
    return row_.size() - valid;
  }

  void add_invalid(std::size_t first) {
    if (invalid_.empty()) invalid_.assign(sums_.size(), 0.0);
    add(bad_, invalid_.data() + first);
  }

  void add(const std::vector<double>& row, double* sums) const {
    if (blocks_.side == 1) {
      for (std::size_t i = 0; i < blocks_.width; ++i) sums[i] += row[i];
      return;
    }
    for (std::size_t i = 0; i < blocks_.width; ++i) sums[i] += row[2 * i] + row[2 * i + 1];
  }

  Blocks blocks_;
  double scale_;
  std::vector<double> row_;
  std::vector<double> bad_;
  Plane sums_;
  Plane invalid_;  // how many of a block, where there are any
  double origin_ = 0;
  std::size_t valid_ = 0;
};

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

// Real and imaginary parts alike, in an order that does not depend on the processor.
double dot(const std::complex<double>* a, const std::complex<double>* b, std::size_t count,
           std::size_t step) {
  constexpr std::size_t lanes = 4;
  std::array<double, lanes> sums{};
  const std::size_t whole = count / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) {
      const std::complex<double> x = a[(i + k) * step];
      const std::complex<double> y = b[(i + k) * step];
      sums[k] += x.real() * y.real() + x.imag() * y.imag();
    }
  }
  for (std::size_t i = whole; i < count; ++i) {
    const std::complex<double> x = a[i * step];
    const std::complex<double> y = b[i * step];
    sums[0] += x.real() * y.real() + x.imag() * y.imag();
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// What each image has in common with each other one.
Products inner_products(const Planes& planes, std::size_t threads, Cancellation& cancellation) {
  const std::size_t count = planes.count();
  const std::size_t columns = planes.frequencies.columns();
  Products products(count, std::vector<double>(count, 0.0));
  for_each_index(count, threads, cancellation, [&](std::size_t i, std::size_t /*thread*/) {
    for (std::size_t j = i; j < count; ++j) {
      cancellation.check();
      const std::complex<double>* a = planes.spectra[i].data();
      const std::complex<double>* b = planes.spectra[j].data();
      // Frequencies are twice in the whole spectrum, but for the first column and the last one of
      // an even width.
      double sum = 2 * dot(a, b, planes.spectra[i].size(), 1);
      sum -= dot(a, b, planes.height, columns);
      if (planes.width % 2 == 0) {
        sum -= dot(a + columns - 1, b + columns - 1, planes.height, columns);
      }
      products[i][j] = sum;
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < i; ++j) products[i][j] = products[j][i];
  }
  return products;
}

// One factor for each image, so that products of two different ones are as their inner products:
// noise of an image is in its product with itself only. All 1 where that has no answer.
std::vector<double> gains_from(const Products& products) {
  const std::size_t count = products.size();
  const std::vector<double> none(count, 1.0);
  std::vector<double> gains = none;
  if (count < 3) return none;
  for (int round = 0; round < rounds_of_gains; ++round) {
    double squares = 0;
    for (const double gain : gains) squares += gain * gain;
    std::vector<double> next(count, 0.0);
    double size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double others = squares - gains[i] * gains[i];
      if (!(others > 0)) return none;
      for (std::size_t j = 0; j < count; ++j) {
        if (j != i) next[i] += products[i][j] * gains[j];
      }
      next[i] /= others;
      size += next[i] * next[i];
    }
    size = std::sqrt(size / static_cast<double>(count));
    if (!(size > 0) || !std::isfinite(size)) return none;
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
    const PixelReader reader(images[i]);
    planes.pixels[i] = Means(blocks, scale).read(reader, cancellation);
    planes.spectra[i] = spectrum_of(planes, planes.pixels[i]);
  });
  const Products products = inner_products(planes, threads, cancellation);
  for (std::size_t i = 0; i < images.size(); ++i) planes.own_powers.push_back(products[i][i]);
  planes.gains = gains_from(products);
  return planes;
}

Common::Common(const Planes& planes, std::vector<std::size_t> images)
    : planes_(planes), images_(std::move(images)) {
  double squares = 0;
  for (const std::size_t image : images_) squares += planes.gains[image] * planes.gains[image];
  for (const std::size_t image : images_) {
    factors_.push_back(squares > 0 ? planes.gains[image] / squares : 0);
  }
}

std::vector<std::size_t> every_second(const std::vector<std::size_t>& images, std::size_t first) {
  std::vector<std::size_t> some;
  for (std::size_t i = first; i < images.size(); i += 2) some.push_back(images[i]);
  return some;
}

}  // namespace ndreg_preeval::detail
