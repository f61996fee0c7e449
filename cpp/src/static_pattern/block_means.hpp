// SPDX-License-Identifier: MIT
// Images made small: means of 2 x 2 or 4 x 4 pixels.
#pragma once

#include <cstddef>
#include <vector>

#include <ndreg_preeval/image_view.hpp>

#include "base/cancellation.hpp"
#include "base/kept_memory.hpp"

namespace ndreg_preeval::detail {

// Images from so many pixels on, along both axes, are made half or a quarter as long; others stay
// as large as they are.
constexpr std::size_t halved_from = 64;
constexpr std::size_t quartered_from = 256;

// Which pixels of an image make the blocks: those in its middle, where a row or a column is over.
struct Blocks {
  std::size_t side;
  std::size_t height;  // blocks
  std::size_t width;
  std::size_t top;
  std::size_t left;

  Blocks(std::size_t rows, std::size_t columns);
};

using Plane = KeptVector<double>;

// A power of two that brings the largest pixel of all images to about 1, so that squares of squares
// are numbers; 1 where those of their type are.
double common_scale(const std::vector<ImageView>& images, Cancellation& cancellation);

// Row after row, about their mean. Pixels that are not valid are that mean.
Plane means_of_blocks(const ImageView& image, const Blocks& blocks, double scale,
                      Cancellation& cancellation);

}  // namespace ndreg_preeval::detail
