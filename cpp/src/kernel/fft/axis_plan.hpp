// SPDX-License-Identifier: MIT
// How transforms along one axis are cut into passes; the same for every instruction set.
//
// A transform runs on elements: n lanes (n independent transforms) of real parts, then n of
// imaginary parts. Forward it goes by decimation in frequency, from natural order to an order of
// its own (`position`), in place; back by decimation in time, from there to natural order. What
// lies between the two needs no sorting (Cooley, Tukey, Math. Comput. 19, 297, 1965; Gentleman,
// Sande, AFIPS Proc. 29, 563, 1966).
//
// Lengths with a large prime factor become a convolution with a chirp, on a longer transform
// (Bluestein, IEEE Trans. Audio Electroacoust. 18, 451, 1970); its order is the natural one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/aligned_buffer.hpp"

namespace ndreg_preeval::kernel {

// One pass: `radix` parts of `inner` elements each are combined, element by element.
struct Level {
  std::size_t radix = 1;
  std::size_t inner = 1;
  std::size_t twiddles = 0;  // where its twiddle factors begin
  std::size_t roots = 0;     // where the roots of unity of an odd radix without a codelet begin
};

// Odd radices up to here run through one loop that knows none of them; larger ones do not occur.
constexpr std::size_t largest_radix = 127;

template <class T>
struct AxisPlan {
  AxisPlan(std::size_t length, std::size_t lanes);

  std::size_t length = 1;
  std::vector<Level> levels;  // outermost first; none for length 1
  // [level][j < inner][0 < q < radix][re, im] of exp(-2 pi i j q / (radix * inner))
  detail::AlignedBuffer<T> twiddles;
  detail::AlignedBuffer<T> roots;  // [k < radix][cos, sin](2 pi k / radix)

  // The outermost parts lie this many elements apart: `inner`, and a little more where a power of
  // two would send all of them to the same place of the cache.
  std::size_t outer_stride = 1;
  std::size_t extent = 1;  // elements of the work space

  // Where the frequencies are after the transform. Arrays in memory that go with them leave out
  // the gaps: `order` names the frequencies of such an array one after the other.
  std::vector<std::uint32_t> position;  // [frequency] -> element of the work space
  std::vector<std::uint32_t> rank;      // [frequency] -> where it is in `order`
  std::vector<std::uint32_t> order;     // [rank] -> frequency
  struct Run {
    std::size_t element = 0;
    std::size_t count = 0;
  };
  std::vector<Run> runs;  // elements of the work space that hold frequencies, in their order

  // Bluestein's convolution; null where the levels do it all.
  std::unique_ptr<const AxisPlan> convolution;
  detail::AlignedBuffer<T> chirp;           // [k < length][re, im] of exp(-i pi k^2 / length)
  detail::AlignedBuffer<T> chirp_spectrum;  // [rank in the convolution][re, im], over its length

  // Where an element of natural order is in the work space.
  std::size_t natural_element(std::size_t index) const noexcept {
    const std::size_t inner = levels.empty() ? 1 : levels[0].inner;
    return index / inner * outer_stride + index % inner;
  }

 private:
  void number(const std::vector<std::size_t>& elements);
  void cut(const std::vector<std::size_t>& radices, std::size_t lanes);
  void convolve(std::size_t convolved_length, std::size_t lanes);
};

// Radices of a length, outermost first, and what a transform costs with them (about operations
// per element); an infinite cost where a prime factor is too large.
struct Cut {
  std::vector<std::size_t> radices;
  double cost = 0;
};
Cut best_cut(std::size_t length);

}  // namespace ndreg_preeval::kernel
