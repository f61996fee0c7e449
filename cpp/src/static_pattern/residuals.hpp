// SPDX-License-Identifier: MIT
// What is left of images when that is taken out which the others have in common.
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/cancellation.hpp"
#include "static_pattern/planes.hpp"

namespace ndreg_preeval::detail {

// Natural logarithms of the power of low frequencies over that of high ones, the median of the
// images: about 0 where white noise is left.
struct Colour {
  double lowest = 0;  // below 0.075 cycles per pixel of the plane
  double low = 0;     // below 0.125
  double middle = 0;  // 0.075 to 0.2
};

// What is left of two images, correlated. Heights in units of the root mean square.
struct PairAgreement {
  double near = 0;      // size of the highest in the 3 x 3 around zero shift
  double far = 0;       // the highest outside; less than 0 where contrast is turned over
  std::int64_t dy = 0;  // where that is, in pixels of the plane
  std::int64_t dx = 0;
};
using Pair = std::array<std::size_t, 2>;

// Of the images of some planes, which must stay; by so many threads.
class Residuals {
 public:
  Residuals(const Planes& planes, std::size_t threads, Cancellation& cancellation);

  const Colour& colour() const noexcept { return colour_; }
  // How many frequencies have more than noise, weighed by how much more.
  double frequencies() const noexcept;
  // Whether something is left of most images.
  bool anything() const noexcept;
  std::vector<PairAgreement> agreements(const std::vector<Pair>& pairs, std::size_t threads,
                                        Cancellation& cancellation) const;

 private:
  Spectrum rest_of(std::size_t image, const Spectrum& sum, double squares) const;
  RingSums powers_of(const Spectrum& rest) const;
  Colour colour_of(std::size_t image) const;
  bool is_nothing(std::size_t image) const noexcept;
  void weigh_rings();
  PairAgreement agreement(const Pair& pair, Cancellation& cancellation) const;

  const Planes& planes_;
  std::vector<Spectrum> rests_;
  RingSums bins_;                 // how many there are
  std::vector<RingSums> powers_;  // of what is left of each image
  RingSums weights_;              // how much of a ring is not noise
  Colour colour_;
};

}  // namespace ndreg_preeval::detail
