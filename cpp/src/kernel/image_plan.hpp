// SPDX-License-Identifier: MIT
// One image size cut into batches of columns and groups of frequencies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/fft/axis_plan.hpp"

namespace ndreg_preeval::kernel {

// Batches that lie side by side are worked on together as long as all fit a cache: what is read
// of a row of pixels or of a group is longer then.
constexpr std::size_t most_batches_at_once = 4;

// One image size cut into transforms. Immutable: shared by all threads.
template <class T>
struct ImagePlan {
  ImagePlan(std::size_t height, std::size_t width, std::size_t lanes);

  std::size_t height;
  std::size_t width;
  std::size_t lanes;
  std::size_t frequencies;  // ky of the half spectrum
  std::size_t groups;       // of `lanes` frequencies
  std::size_t batches;      // of 2 * `lanes` columns
  std::size_t batches_at_once = 1;
  std::size_t row_size;          // numbers in one group
  std::size_t spectrum_size;     // numbers in all groups
  std::size_t scratch_size = 0;  // numbers that one thread works in
  AxisPlan<T> along_y;
  AxisPlan<T> along_x;
  // [ky] -> where a transformed column holds it, and its mirror image -ky.
  std::vector<std::array<std::uint32_t, 2>> mirrored;

  // Batches that are worked on together.
  std::size_t panels() const noexcept { return (batches + batches_at_once - 1) / batches_at_once; }
  std::size_t first_batch(std::size_t panel) const noexcept {
    return panel < panels() ? panel * batches_at_once : batches;
  }

  // Frequency 0 (and the highest one of an even height) is its own mirror image.
  bool counts_twice(std::size_t ky) const noexcept { return ky != 0 && 2 * ky != height; }
};

}  // namespace ndreg_preeval::kernel
