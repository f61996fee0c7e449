// SPDX-License-Identifier: MIT
// What the images of a stack have in common: a scene, or a pattern without one?
#pragma once

#include "base/cancellation.hpp"
#include "static_pattern/planes.hpp"

namespace ndreg_preeval::detail {

// Of the mean of every second image and the mean of the others, whose noise is not the same.
// Rows, columns and ramps along an axis do not count in the first two.
struct CommonScene {
  // Signal over signal and noise in middle frequencies: 1 where both means are alike.
  double coherence = 0;
  // Natural logarithm of the signal at low over that at high frequencies: 0 where it is white.
  double slope = 0;
  // Of 10 x 10 tiles, planes taken out: what is alike in the median one over the mean, little where
  // it is in a few of them; and the coefficient of correlation that three quarters exceed.
  double spread = 0;
  double seen = 0;

  // Something of a scene is seen all over: neither an edge, nor dust, nor white noise that stays.
  bool is_one() const noexcept {
    return coherence > 0.5 && slope > 1.2 && (spread > 0.3 || seen > 0.6);
  }
};
CommonScene common_scene(const Planes& planes, Cancellation& cancellation);

}  // namespace ndreg_preeval::detail
