// SPDX-License-Identifier: MIT
// Some of the pixels of an image, spread over it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "image/pixel_reader.hpp"

namespace ndreg_preeval::detail {

struct Sample {
  // Runs of pixels, spread over the image.
  static constexpr std::size_t runs_along_axis = 8;
  static constexpr std::size_t run = 4;
  static constexpr std::size_t most = runs_along_axis * runs_along_axis * run;

  explicit Sample(const PixelReader& reader) {
    const std::size_t rows = std::min(runs_along_axis, reader.height());
    const std::size_t length = std::min(run, reader.width());
    const std::size_t columns = std::min(runs_along_axis, reader.width() / length);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t row = (2 * i + 1) * reader.height() / (2 * rows);
      for (std::size_t j = 0; j < columns; ++j) {
        const std::size_t middle = (2 * j + 1) * reader.width() / (2 * columns);
        const std::size_t column = std::min(middle, reader.width() - length);
        reader.read(row, column, length, pixels.data() + count);
        count += length;
      }
    }
  }

  std::array<double, most> pixels{};
  std::size_t count = 0;
};

}  // namespace ndreg_preeval::detail
