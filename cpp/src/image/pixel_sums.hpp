// SPDX-License-Identifier: MIT
// What pixels add up to while they are transformed.
#pragma once

namespace ndreg_preeval::detail {

// Sums over a batch of columns of centred pixels.
struct PixelSums {
  double sum = 0;
  double squares = 0;
  double absolute = 0;  // |pixel * scale * gain|; of `double` kernels only
  double largest = 0;   // of the parts that `squares` was added from, up to 64 pixels each
};

}  // namespace ndreg_preeval::detail
