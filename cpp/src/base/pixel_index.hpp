// SPDX-License-Identifier: MIT
// A pixel of an image or a correlogram.
#pragma once

#include <cstddef>

namespace ndreg_preeval::detail {

struct PixelIndex {
  std::size_t row = 0;
  std::size_t column = 0;

  friend bool operator==(const PixelIndex& a, const PixelIndex& b) noexcept {
    return a.row == b.row && a.column == b.column;
  }
};

}  // namespace ndreg_preeval::detail
