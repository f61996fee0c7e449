// SPDX-License-Identifier: MIT
// Which of the places that a peak may stand for it is: told by the overlap of both images.
//
// A correlogram is periodic: its peak at (dy, dx) is that of a shift by dy or dy -+ height and dx
// or dx -+ width. At each of these the images have another part in common; only at the true one do
// they agree there (as scikit-image's `disambiguate` asks).
#pragma once

#include <cstdint>

#include "base/cancellation.hpp"
#include "image/pixel_reader.hpp"
#include "image/statistics.hpp"

namespace ndreg_preeval::detail {

// Moves the image onto its reference; beyond half of an axis, too.
struct Shift {
  std::int64_t dy = 0;
  std::int64_t dx = 0;

  friend bool operator==(const Shift& a, const Shift& b) noexcept {
    return a.dy == b.dy && a.dx == b.dx;
  }
};

// Pixels of an image as numbers of moderate size; invalid ones are NaN.
struct CentredPixels {
  const PixelReader& reader;
  const Centring& centring;
};

// Whether a farther place would leave overlap enough to be asked.
bool may_be_farther(const Shift& nearest, std::size_t height, std::size_t width) noexcept;

// How well the common part agrees.
struct Agreement {
  double coefficient = 0;  // mean over blocks of their coefficients of correlation
  double error = 0;        // its standard error, from how blocks differ
  std::size_t blocks = 0;  // with contrast in both images
};

Agreement agreement(const CentredPixels& reference, const CentredPixels& image, const Shift& shift,
                    Cancellation& cancellation);

// The true shift of a peak. `sign`: of the correlogram there; less than 0 with contrast turned
// over.
Shift true_shift(const CentredPixels& reference, const CentredPixels& image, const Shift& nearest,
                 double sign, double max_shift, Cancellation& cancellation);

}  // namespace ndreg_preeval::detail
