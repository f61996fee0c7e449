// SPDX-License-Identifier: MIT
// Images in memory as pixels of any type, in any layout.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include <ndreg_preeval/image_view.hpp>

#include "images.hpp"

namespace stored {

// How an image lies in memory.
struct Layout {
  const char* name;
  std::size_t apart = 1;  // pixels from one to the next
  std::size_t extra = 0;  // bytes more, and before the first: pixels are not aligned
  bool upside_down = false;
  bool mirrored = false;
  bool swapped = false;
  bool masked = false;  // with a mask that leaves every pixel in
};

inline const std::vector<Layout> layouts{{"dense"},
                                         {"every third pixel", 3},
                                         {"upside down", 1, 0, true},
                                         {"mirrored", 2, 0, false, true},
                                         {"swapped", 1, 0, false, false, true},
                                         {"unaligned", 1, 1},
                                         {"masked", 1, 0, false, false, false, true},
                                         {"all of these", 3, 1, true, true, true, true}};

// The view holds as long as the rest, and where that is moved.
struct Stored {
  std::vector<unsigned char> bytes;
  std::vector<unsigned char> mask;
  ndreg_preeval::ImageView view;
};

template <class P>
P as_pixel(double value) {
  using Limits = std::numeric_limits<P>;
  if (value >= static_cast<double>(Limits::max())) return Limits::max();
  return static_cast<P>(std::is_integral_v<P> ? std::rint(value) : value);
}

template <class P>
Stored store(const images::Image& image, const Layout& layout) {
  constexpr std::size_t size = sizeof(P);
  const auto step = static_cast<std::ptrdiff_t>(layout.apart * size + layout.extra);
  const auto line = static_cast<std::ptrdiff_t>(image.width) * step;
  Stored stored;
  stored.bytes.resize(static_cast<std::size_t>(line) * image.height + layout.extra);
  unsigned char* first = stored.bytes.data() + layout.extra;
  if (layout.upside_down) first += line * static_cast<std::ptrdiff_t>(image.height - 1);
  if (layout.mirrored) first += step * static_cast<std::ptrdiff_t>(image.width - 1);
  stored.view = ndreg_preeval::make_view(static_cast<const P*>(nullptr), image.height, image.width);
  stored.view.data = first;
  stored.view.row_stride = layout.upside_down ? -line : line;
  stored.view.column_stride = layout.mirrored ? -step : step;
  stored.view.swapped = layout.swapped;
  for (std::size_t i = 0; i < image.size(); ++i) {
    const P pixel = as_pixel<P>(image.pixels[i]);
    unsigned char* at = first +
                        static_cast<std::ptrdiff_t>(i / image.width) * stored.view.row_stride +
                        static_cast<std::ptrdiff_t>(i % image.width) * stored.view.column_stride;
    std::memcpy(at, &pixel, size);
    if (layout.swapped) std::reverse(at, at + size);
  }
  if (layout.masked) {
    stored.mask.assign(image.size(), 1);
    stored.view.mask = stored.mask.data();
    stored.view.mask_row_stride = static_cast<std::ptrdiff_t>(image.width);
    stored.view.mask_column_stride = 1;
  }
  return stored;
}

}  // namespace stored
