// SPDX-License-Identifier: MIT
// Large images that take one row of memory.
#pragma once

#include <cstddef>
#include <limits>

#include "images.hpp"

namespace images {

// An image whose every row is the one above, moved by a pixel.
struct Wide {
  explicit Wide(std::size_t height, std::size_t width)
      : row(noise(1, height + width - 1, 1)), view(row.view()) {
    view.height = height;
    view.width = width;
    view.row_stride = sizeof(double);
  }
  Wide(const Wide& other) : row(other.row), view(other.view) { view.data = row.pixels.data(); }
  Wide& operator=(const Wide&) = delete;
  ~Wide() = default;

  std::size_t size() const { return view.height * view.width; }

  Image row;
  ndreg_preeval::ImageView view;
};

// The same with pixels of two values only.
inline Wide two_levels(Wide image) {
  for (double& pixel : image.row.pixels) pixel = pixel > 0.5 ? 1 : 0;
  return image;
}

// The same with a last pixel that is no number.
inline Wide broken(Wide image) {
  image.row.pixels.back() = std::numeric_limits<double>::quiet_NaN();
  return image;
}

}  // namespace images
