// SPDX-License-Identifier: MIT
#include "kernel/image_plan.hpp"

#include <algorithm>

namespace ndreg_preeval::kernel {

template <class T>
ImagePlan<T>::ImagePlan(std::size_t height_, std::size_t width_, std::size_t lanes_)
    : height(height_),
      width(width_),
      lanes(lanes_),
      frequencies(height_ / 2 + 1),
      groups((frequencies + lanes_ - 1) / lanes_),
      batches((width_ + 2 * lanes_ - 1) / (2 * lanes_)),
      // A gap between groups, so that their tiles do not all share one place of a cache.
      row_size(2 * (width_ + 2 * lanes_) * lanes_),
      spectrum_size(groups * row_size),
      along_y(height_, lanes_),
      along_x(width_, lanes_),
      mirrored(frequencies) {
  for (std::size_t ky = 0; ky < frequencies; ++ky) {
    mirrored[ky] = {along_y.position[ky], along_y.position[(height - ky) % height]};
  }
  constexpr std::size_t staging = (std::size_t{1} << 14) / sizeof(T);
  constexpr std::size_t cache = std::size_t{1} << 18;
  const std::size_t batch = along_y.extent * 2 * lanes;
  while (batches_at_once < most_batches_at_once &&
         2 * batches_at_once * batch * sizeof(T) <= cache) {
    batches_at_once *= 2;
  }
  batches_at_once = std::min(batches_at_once, batches);
  const std::size_t columns = staging + batches_at_once * batch;
  const std::size_t rows = 3 * along_x.extent * 2 * lanes + 6 * width;
  scratch_size = std::max(columns, rows);
}

template struct ImagePlan<float>;
template struct ImagePlan<double>;

}  // namespace ndreg_preeval::kernel
