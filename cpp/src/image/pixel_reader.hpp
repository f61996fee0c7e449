// SPDX-License-Identifier: MIT
// Pixels of any type, stride and byte order as doubles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ndreg_preeval/image_view.hpp>

#include "base/kept_memory.hpp"

namespace ndreg_preeval::detail {

// Whether `float` holds every number of this type.
constexpr bool fits_float(PixelType type) noexcept {
  return type == PixelType::float32 || (pixel_size(type) <= 2 && type != PixelType::long_double);
}

// Pixels of an image that are to be left out.
class LeftOut {
 public:
  // Of images of so many pixels, each by its place row after row. Keeps its memory.
  void set(const std::vector<std::size_t>& pixels, std::size_t size) {
    bits_.resize(size);
    for (const std::size_t pixel : pixels_) bits_[pixel] = 0;
    pixels_ = pixels;
    for (const std::size_t pixel : pixels_) bits_[pixel] = 1;
  }

  // In order.
  const std::vector<std::size_t>& pixels() const noexcept { return pixels_; }
  const unsigned char* bits() const noexcept { return bits_.data(); }

 private:
  std::vector<std::size_t> pixels_;
  KeptVector<unsigned char> bits_;
};

// Reads runs of pixels of one image. Invalid pixels, and those that are to be left out, come out
// as NaN.
//
// 64-bit integers come out relative to the first valid pixel that is not the largest number: the
// difference of two of them is exact where the numbers themselves would not fit a double.
class PixelReader {
 public:
  explicit PixelReader(const ImageView& view, const LeftOut* left_out = nullptr);

  const ImageView& view() const noexcept { return view_; }

  std::size_t height() const noexcept { return view_.height; }
  std::size_t width() const noexcept { return view_.width; }

  // Whether every pixel counts: nothing is masked or left out.
  bool reads_all() const noexcept { return view_.mask == nullptr && left_out_ == nullptr; }
  bool leaves_out() const noexcept { return left_out_ != nullptr; }

  // What 64-bit integers are relative to; 0 for other types.
  double origin() const noexcept;

  // Whether kernels can read pixels (and the mask) where they are: none is left out, and processors
  // have instructions for their type.
  bool is_direct() const noexcept;

  void read(std::size_t row, std::size_t column, std::size_t count, double* out) const;

 private:
  using Convert = void (*)(const unsigned char* first, std::ptrdiff_t stride, std::size_t count,
                           std::uint64_t base, double* out);

  static Convert converter(PixelType type, bool swapped);
  std::uint64_t first_valid_bits() const;
  bool valid(std::size_t row, std::size_t column) const noexcept;
  bool masks_nothing() const noexcept;

  ImageView view_;
  const LeftOut* left_out_;
  Convert convert_;
  std::uint64_t base_ = 0;
};

}  // namespace ndreg_preeval::detail
