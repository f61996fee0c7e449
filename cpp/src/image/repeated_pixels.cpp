// SPDX-License-Identifier: MIT
#include "image/repeated_pixels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <numeric>

#include <ndreg_preeval/pair_score.hpp>

namespace ndreg_preeval::detail {
namespace {

constexpr std::size_t at_once = 256;  // pixels converted at a time
constexpr std::size_t most = 255;
constexpr std::size_t least_blocks = 8;
constexpr std::size_t least_edges = 6;

// Places along an axis where pixels change, and what all distances between them are multiples of.
class Edges {
 public:
  void add(std::size_t place) noexcept {
    if (count_ == 0) first_ = place;
    // Later rows may have one before the first.
    step_ = std::gcd(step_, place > first_ ? place - first_ : first_ - place);
    ++count_;
  }

  // Known to be at any distance.
  bool anywhere() const noexcept { return step_ == 1; }
  std::size_t first() const noexcept { return first_; }
  std::size_t step() const noexcept { return step_; }
  std::size_t count() const noexcept { return count_; }

 private:
  std::size_t first_ = 0;
  std::size_t step_ = 0;
  std::size_t count_ = 0;
};

// Invalid pixels, which are NaN, differ from none.
bool differ(double a, double b) noexcept { return a < b || a > b; }

// The quick way to see that a row is the one above it; false may mean anything.
bool has_bytes_of_row_above(const ImageView& view, std::size_t row) {
  const std::size_t size = pixel_size(view.type);
  if (view.column_stride != static_cast<std::ptrdiff_t>(size)) return false;
  const auto* pixels = static_cast<const unsigned char*>(view.data) +
                       static_cast<std::ptrdiff_t>(row) * view.row_stride;
  return std::memcmp(pixels - view.row_stride, pixels, view.width * size) == 0;
}

bool differs_from_row_above(const PixelReader& reader, std::size_t row) {
  if (has_bytes_of_row_above(reader.view(), row)) return false;
  std::array<double, at_once> above;
  std::array<double, at_once> pixels;
  for (std::size_t first = 0; first < reader.width(); first += at_once) {
    const std::size_t count = std::min(at_once, reader.width() - first);
    reader.read(row - 1, first, count, above.data());
    reader.read(row, first, count, pixels.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (differ(above[i], pixels[i])) return true;
    }
  }
  return false;
}

void add_edges_of_row(const PixelReader& reader, std::size_t row, Edges& edges) {
  std::array<double, at_once> pixels;
  for (std::size_t first = 0; first + 1 < reader.width(); first += at_once - 1) {
    const std::size_t count = std::min(at_once, reader.width() - first);
    reader.read(row, first, count, pixels.data());
    for (std::size_t i = 1; i < count; ++i) {
      if (!differ(pixels[i - 1], pixels[i])) continue;
      edges.add(first + i);
      if (edges.anywhere()) return;
    }
  }
}

bool is_edge(const PixelReader& reader, std::size_t column) {
  std::array<double, 2> pixels;
  for (std::size_t row = 0; row < reader.height(); ++row) {
    reader.read(row, column - 1, 2, pixels.data());
    if (differ(pixels[0], pixels[1])) return true;
  }
  return false;
}

// Size of the blocks, or 1: edges of a few things in a dark image are no blocks.
std::size_t block_size(std::size_t length, std::size_t step, std::size_t edges) noexcept {
  if (step < 2 || step > most || length / step < least_blocks) return 1;
  if (edges < least_edges || 2 * edges < length / step) return 1;
  return step;
}

}  // namespace

std::uint32_t PixelBlocks::flags() const noexcept {
  if (!any()) return 0;
  return repeated_pixels | static_cast<std::uint32_t>(height << 16U | width << 24U);
}

PixelBlocks pixel_blocks(const PixelReader& reader, Cancellation& cancellation) {
  Edges rows;
  Edges columns;
  for (std::size_t row = 0; row < reader.height(); ++row) {
    cancellation.check();
    if (row > 0 && !rows.anywhere()) {
      if (!differs_from_row_above(reader, row)) continue;
      rows.add(row);
    }
    if (!columns.anywhere()) add_edges_of_row(reader, row, columns);
    if (rows.anywhere() && columns.anywhere()) return {};
  }
  std::size_t edges = 0;  // those that were added are the same ones again and again
  if (columns.step() > 1) {
    for (std::size_t x = (columns.first() - 1) % columns.step() + 1; x < reader.width();
         x += columns.step()) {
      cancellation.check();
      edges += is_edge(reader, x) ? 1U : 0U;
    }
  }
  PixelBlocks blocks;
  blocks.height = block_size(reader.height(), rows.step(), rows.count());
  blocks.width = block_size(reader.width(), columns.step(), edges);
  const auto fit = [](std::size_t length, std::size_t block, const Edges& found) {
    return block == 1 || (length % block == 0 && found.first() % block == 0);
  };
  blocks.whole =
      fit(reader.height(), blocks.height, rows) && fit(reader.width(), blocks.width, columns);
  return blocks;
}

ImageView before_enlarging(const ImageView& view, const PixelBlocks& blocks) noexcept {
  const auto high = static_cast<std::ptrdiff_t>(blocks.height);
  const auto wide = static_cast<std::ptrdiff_t>(blocks.width);
  ImageView map = view;
  map.height /= blocks.height;
  map.width /= blocks.width;
  map.row_stride *= high;
  map.column_stride *= wide;
  map.mask_row_stride *= high;
  map.mask_column_stride *= wide;
  return map;
}

}  // namespace ndreg_preeval::detail
