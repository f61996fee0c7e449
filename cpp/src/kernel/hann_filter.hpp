// SPDX-License-Identifier: MIT
// The spectrum of a windowed image from the spectrum of the image.
//
// The periodic Hann window is 1/2 - 1/4 (e^(2 pi i k / N) + e^(-2 pi i k / N)), so that windowing
// is the filter (-1/4, 1/2, -1/4) along each frequency axis: no second forward transform.
#pragma once

#include "kernel/fft/axis_plan.hpp"
#include "kernel/fft/butterflies.hpp"
#include "kernel/kernels.hpp"

namespace ndreg_preeval::kernel {
namespace {

template <std::size_t n>
constexpr std::size_t next_lane(std::size_t i) {
  return i + 1;
}
template <std::size_t n>
constexpr std::size_t previous_lane(std::size_t i) {
  return i == 0 ? n - 1 : n + i - 1;
}

// One group of a spectrum whose rows were transformed, and what lies beside it.
template <class T>
struct Neighbourhood {
  const T* here = nullptr;   // work space
  const T* after = nullptr;  // work space whose lane 0 is the frequency after the last lane
  const T* below = nullptr;  // [kx][re, im]: the frequency before lane 0
};

// Calls each(kx, element, value) for all frequencies kx in natural order, windowed along some axes.
template <class T, std::size_t n, bool along_y, bool along_x, class Each>
NDREG_PREEVAL_INLINE void windowed_row(const AxisPlan<T>& plan, const Neighbourhood<T>& group,
                                       const Each& each) {
  using V = vector_of<T, n>;
  using C = Complex<V>;
  const std::size_t width = plan.length;
  const std::uint32_t* position = plan.position.data();
  const auto element = [](const T* work, std::size_t at) {
    return C{load_lanes<V>(work + at), load_lanes<V>(work + at + n)};
  };
  const auto at = [&](std::size_t kx) {
    const std::size_t place = std::size_t{position[kx]} * 2 * n;
    const C centre = element(group.here, place);
    if constexpr (!along_y) return centre;
    const V below_re = V{} + group.below[2 * kx];
    const V below_im = V{} + group.below[2 * kx + 1];
    C sides;
    if constexpr (n == 1) {
      sides = element(group.after, place) + C{below_re, below_im};
    } else {
      const C after = element(group.after, place);
      using Next = lane_numbers<n, next_lane<n>>;
      using Previous = lane_numbers<n, previous_lane<n>>;
      sides.re =
          choose_lanes(centre.re, after.re, Next{}) + choose_lanes(below_re, centre.re, Previous{});
      sides.im =
          choose_lanes(centre.im, after.im, Next{}) + choose_lanes(below_im, centre.im, Previous{});
    }
    return times(centre, T(0.5)) - times(sides, T(0.25));
  };
  if constexpr (!along_x) {
    for (std::size_t kx = 0; kx < width; ++kx) each(kx, position[kx], at(kx));
  } else {
    const C first = at(0);
    C before = at(width - 1);
    C here = first;
    for (std::size_t kx = 0; kx < width; ++kx) {
      const C after = kx + 1 < width ? at(kx + 1) : first;
      each(kx, position[kx], times(here, T(0.5)) - times(before + after, T(0.25)));
      before = here;
      here = after;
    }
  }
}

// The same for axes that are known at run time only; at least one is windowed.
template <class T, std::size_t n, class Each>
NDREG_PREEVAL_INLINE void windowed_row(const WindowedAxes& axes, const AxisPlan<T>& plan,
                                       const Neighbourhood<T>& group, const Each& each) {
  if (!axes.x) {
    windowed_row<T, n, true, false>(plan, group, each);
  } else if (!axes.y) {
    windowed_row<T, n, false, true>(plan, group, each);
  } else {
    windowed_row<T, n, true, true>(plan, group, each);
  }
}

// One lane of all elements, as [kx][re, im]; and back.
template <class T, std::size_t n>
void take_lane(const AxisPlan<T>& plan, const T* work, std::size_t lane, T* row) noexcept {
  for (std::size_t kx = 0; kx < plan.length; ++kx) {
    const T* from = work + std::size_t{plan.position[kx]} * 2 * n + lane;
    row[2 * kx] = from[0];
    row[2 * kx + 1] = from[n];
  }
}

template <class T, std::size_t n>
void put_lane(const AxisPlan<T>& plan, const T* row, std::size_t lane, T* work) noexcept {
  for (std::size_t kx = 0; kx < plan.length; ++kx) {
    T* to = work + std::size_t{plan.position[kx]} * 2 * n + lane;
    to[0] = row[2 * kx];
    to[n] = row[2 * kx + 1];
  }
}

// F(-ky, kx) = conj F(ky, -kx), of a row [kx][re, im].
template <class T>
void mirror_row(const T* row, std::size_t width, T* out) noexcept {
  for (std::size_t kx = 0; kx < width; ++kx) {
    const T* from = row + (width - kx) % width * 2;
    out[2 * kx] = from[0];
    out[2 * kx + 1] = -from[1];
  }
}

}  // namespace
}  // namespace ndreg_preeval::kernel
