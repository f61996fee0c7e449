// SPDX-License-Identifier: MIT
#include "static_pattern/block_means.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "image/pixel_reader.hpp"

namespace ndreg_preeval::detail {
namespace {

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
      if (valid_ == 0) find_first();
      const std::size_t block = y / blocks_.side * blocks_.width;
      valid_ += row_.size();
      if (!all_valid()) hide_invalid(block);
      add(sums_.data() + block);
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

  // Numbers are taken about the first valid pixel: an offset costs no digits.
  void find_first() {
    const auto found = std::find_if(row_.begin(), row_.end(), is_valid);
    first_ = found == row_.end() ? 0 : *found;
  }

  // No sum of numbers that are scaled overflows.
  bool all_valid() const {
    const double scale = scale_;
    std::array<double, 8> sums{};
    const std::size_t whole = row_.size() / sums.size() * sums.size();
    for (std::size_t x = 0; x < whole; x += sums.size()) {
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += row_[x + k] * scale;
    }
    for (std::size_t x = whole; x < row_.size(); ++x) sums[0] += row_[x] * scale;
    return std::all_of(sums.begin(), sums.end(), is_valid);
  }

  // As if they were the first one, which counts as 0.
  void hide_invalid(std::size_t block) {
    if (invalid_.empty()) invalid_.assign(sums_.size(), 0.0);
    for (std::size_t x = 0; x < row_.size(); ++x) {
      if (is_valid(row_[x])) continue;
      row_[x] = first_;
      invalid_[block + x / blocks_.side] += 1;
      --valid_;
    }
  }

  void add(double* sums) const {
    const double scale = scale_;
    const double origin = first_ * scale;
    const double* const from = row_.data();
    const std::size_t width = blocks_.width;
    if (blocks_.side == 1) {
      for (std::size_t i = 0; i < width; ++i) sums[i] += from[i] * scale - origin;
      return;
    }
    const std::size_t side = blocks_.side;
    for (std::size_t i = 0; i < width; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < side; k += 2) {
        const double* const two = from + side * i + k;
        sum += (two[0] * scale - origin) + (two[1] * scale - origin);
      }
      sums[i] += sum;
    }
  }

  Blocks blocks_;
  double scale_;
  std::vector<double> row_;
  Plane sums_;
  Plane invalid_;  // how many of a block, where there are any
  double first_ = 0;
  std::size_t valid_ = 0;
};

}  // namespace

namespace {

std::size_t side_for(std::size_t shorter_axis) noexcept {
  if (shorter_axis >= quartered_from) return 4;
  return shorter_axis >= halved_from ? 2 : 1;
}

}  // namespace

Blocks::Blocks(std::size_t rows, std::size_t columns)
    : side(side_for(std::min(rows, columns))),
      height(rows / side),
      width(columns / side),
      top((rows - height * side) / 2),
      left((columns - width * side) / 2) {}

double common_scale(const std::vector<ImageView>& images, Cancellation& cancellation) {
  double largest = 0;
  for (const ImageView& image : images) {
    if (!may_overflow(image.type)) return 1;
    largest = std::max(largest, largest_magnitude(PixelReader(image), cancellation));
  }
  return largest > 0 ? std::ldexp(1.0, -std::clamp(std::ilogb(largest), -1000, 1000)) : 1;
}

Plane means_of_blocks(const ImageView& image, const Blocks& blocks, double scale,
                      Cancellation& cancellation) {
  return Means(blocks, scale).read(PixelReader(image), cancellation);
}

}  // namespace ndreg_preeval::detail
