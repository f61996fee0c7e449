// SPDX-License-Identifier: MIT
// Pixels of an image that are to be left out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ndreg_preeval::detail {

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
  std::vector<unsigned char> bits_;
};

}  // namespace ndreg_preeval::detail
