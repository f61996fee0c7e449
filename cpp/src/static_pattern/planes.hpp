// SPDX-License-Identifier: MIT
// The images of a stack as they are looked at again: small, windowed, and their spectra.
//
// Small, because what tells motion from rest is in low frequencies, and a quarter of the pixels
// takes a quarter of the time and memory.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ndreg_preeval/image_view.hpp>

#include "base/cancellation.hpp"
#include "base/kept_memory.hpp"
#include "static_pattern/block_means.hpp"

namespace ndreg_preeval::detail {

// Frequencies of a half spectrum, [ky][kx], in rings of a fortieth of a cycle per pixel of the
// plane. The lowest ones, where the window puts the offset of an image, are left out.
class Frequencies {
 public:
  static constexpr std::size_t rings = 29;
  // So many rings are below a frequency.
  static std::size_t ring(double cycles) noexcept {
    return static_cast<std::size_t>(std::lround(40 * cycles));
  }

  Frequencies() = default;
  Frequencies(std::size_t height, std::size_t width);

  std::size_t columns() const noexcept { return width_ / 2 + 1; }
  std::size_t size() const noexcept { return ring_.size(); }

  // Calls each(index, ring, weight) for all that are not left out, with how often they are in the
  // whole spectrum.
  template <class Each>
  void for_each(const Each& each) const {
    for (std::size_t row = 0; row < height_; ++row) part_of_row(row, 0, each);
  }
  // For those beside the axes: neither rows, nor columns, nor ramps along them.
  template <class Each>
  void for_each_off_axis(const Each& each) const {
    for (std::size_t row = 2; row + 1 < height_; ++row) part_of_row(row, 2, each);
  }

 private:
  static constexpr std::uint8_t left_out = rings;

  template <class Each>
  void part_of_row(std::size_t row, std::size_t from, const Each& each) const {
    for (std::size_t kx = from; kx < columns(); ++kx) {
      const std::size_t at = row * columns() + kx;
      if (ring_[at] == left_out) continue;
      each(at, std::size_t{ring_[at]}, kx == 0 || 2 * kx == width_ ? 1.0 : 2.0);
    }
  }

  std::size_t height_ = 0;
  std::size_t width_ = 0;
  KeptVector<std::uint8_t> ring_;
};

// A sum for each ring, and of several of them.
struct RingSums {
  std::array<double, Frequencies::rings> rings{};

  double& operator[](std::size_t ring) noexcept { return rings[ring]; }
  double operator[](std::size_t ring) const noexcept { return rings[ring]; }
  // From one frequency up to another one, multiples of a fortieth.
  double between(double low, double high) const noexcept {
    double sum = 0;
    const std::size_t end = std::min(Frequencies::ring(high), Frequencies::rings);
    for (std::size_t i = Frequencies::ring(low); i < end; ++i) sum += rings[i];
    return sum;
  }
};

using Spectrum = KeptVector<std::complex<double>>;

struct Planes {
  std::size_t height = 0;
  std::size_t width = 0;
  Frequencies frequencies;
  std::vector<Plane> pixels;       // of each image, its mean taken out
  std::vector<Spectrum> spectra;   // of the windowed ones; 0 where frequencies are left out
  std::vector<double> own_powers;  // of each spectrum
  // How strongly each image shows what all have in common, 1 in the mean (of squares).
  std::vector<double> gains;

  std::size_t count() const noexcept { return spectra.size(); }
};

// Images below so many pixels along an axis tell nothing.
constexpr std::size_t smallest_axis = 16;

// Of images of one shape, at least `smallest_axis` pixels along both axes.
Planes planes_of(const std::vector<ImageView>& images, std::size_t threads,
                 Cancellation& cancellation);

}  // namespace ndreg_preeval::detail
