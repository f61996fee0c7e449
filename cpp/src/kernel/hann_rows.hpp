// SPDX-License-Identifier: MIT
// The spectrum of a windowed image from the spectrum of the image.
//
// The periodic Hann window is 1/2 - 1/4 (e^(2 pi i k / N) + e^(-2 pi i k / N)), so that windowing
// is the filter (-1/4, 1/2, -1/4) along each frequency axis: no second forward transform.
#pragma once

#include <cstddef>

#include "lanes.hpp"
#include "transforms.hpp"

namespace ndreg_preeval::kernel {

// Goes through the groups of a half spectrum in order. A group holds n neighbouring frequencies
// ky as lanes: spectrum[group][kx][re, im][lane].
template <class T, std::size_t n>
class HannRows {
 public:
  static constexpr std::size_t scratch_size(std::size_t width) noexcept { return 4 * width; }

  HannRows(const T* spectrum, std::size_t height, std::size_t width, T* scratch) noexcept
      : height_(height), width_(width), below_(scratch), above_(scratch + 2 * width) {
    const std::size_t last = height / 2;  // highest ky of the half spectrum
    if (height < 3) return;               // no frequency between the lowest and the highest
    // Frequencies beyond the half: F(-ky, kx) = conj F(ky, -kx).
    mirror(spectrum, 1, below_);
    mirror(spectrum, height % 2 == 0 ? last - 1 : last, above_);
  }

  // Group windowed along some axes (of 3 pixels or more); `next` is the group that follows, null
  // for the last one.
  void row(const WindowedAxes& axes, const T* current, const T* next, std::size_t group,
           T* out) const noexcept {
    using V = vector_of<T, n>;
    for (std::size_t k = 0; k < 2 * width_; ++k) {  // kx and part
      V centre = load_lanes<V>(current + k * n);
      if (axes.y) {
        T line[n + 2];
        line[0] = below_[k];
        std::memcpy(line + 1, current + k * n, n * sizeof(T));
        line[n + 1] = next != nullptr ? next[k * n] : T(0);
        if (next == nullptr) line[height_ / 2 - group * n + 2] = above_[k];
        centre = T(0.5) * centre - T(0.25) * (load_lanes<V>(line) + load_lanes<V>(line + 2));
      }
      store_lanes(centre, out + k * n);
    }
    if (axes.x) along_width(out);
  }

  // To be called before `current` is overwritten, and before the next row().
  void pass(const T* current) noexcept {
    for (std::size_t k = 0; k < 2 * width_; ++k) below_[k] = current[k * n + n - 1];
  }

 private:
  void mirror(const T* spectrum, std::size_t ky, T* out) const noexcept {
    const T* row = spectrum + ky / n * width_ * 2 * n + ky % n;
    for (std::size_t kx = 0; kx < width_; ++kx) {
      const T* from = row + (width_ - kx) % width_ * 2 * n;
      out[2 * kx] = from[0];
      out[2 * kx + 1] = -from[n];
    }
  }

  void along_width(T* row) const noexcept {
    using V = vector_of<T, n>;
    for (std::size_t part = 0; part < 2; ++part) {
      const auto at = [&](std::size_t kx) { return row + (2 * kx + part) * n; };
      const V first = load_lanes<V>(at(0));
      V before = load_lanes<V>(at(width_ - 1));
      V here = first;
      for (std::size_t kx = 0; kx < width_; ++kx) {
        const V after = kx + 1 < width_ ? load_lanes<V>(at(kx + 1)) : first;
        store_lanes(V(T(0.5) * here - T(0.25) * (before + after)), at(kx));
        before = here;
        here = after;
      }
    }
  }

  std::size_t height_;
  std::size_t width_;
  T* below_;  // the frequency below the first lane, [kx][re, im]
  T* above_;  // the one above the last
};

}  // namespace ndreg_preeval::kernel
