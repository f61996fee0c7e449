// SPDX-License-Identifier: MIT
// Small questions about pixel values.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace ndreg_preeval::detail {

// 2^-ilogb(value), kept where both it and value times it are normal numbers.
inline double power_to_one(double value) noexcept {
  return std::ldexp(1.0, std::clamp(-std::ilogb(value), -1022, 1023));
}

// Distinct values, counted up to one more than interests anybody.
class Levels {
 public:
  static constexpr std::size_t few = 3;

  void add(const double* pixels, std::size_t count) noexcept {
    if (size_ > few || (size_ > 0 && all_seen(pixels, count))) return;
    for (std::size_t i = 0; i < count && size_ <= few; ++i) {
      const double pixel = pixels[i];
      if (!std::isfinite(pixel)) continue;
      if (std::find(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(size_), pixel) ==
          seen_.begin() + static_cast<std::ptrdiff_t>(size_)) {
        seen_[size_++] = pixel;
      }
    }
  }
  std::size_t size() const noexcept { return size_; }

 private:
  // Without a branch per pixel: images of few levels are looked at to their end.
  bool all_seen(const double* pixels, std::size_t count) const noexcept {
    std::array<double, few> seen;
    for (std::size_t i = 0; i < few; ++i) seen[i] = seen_[i < size_ ? i : 0];
    unsigned others = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double pixel = pixels[i];
      unsigned other = 1;
      for (const double level : seen) other &= static_cast<unsigned>(pixel != level);
      others |= other;
    }
    return others == 0;
  }

  std::array<double, few + 1> seen_{};
  std::size_t size_ = 0;
};

}  // namespace ndreg_preeval::detail
