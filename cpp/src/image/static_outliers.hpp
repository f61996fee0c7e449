// SPDX-License-Identifier: MIT
// Outliers that stay where they are while a scene moves: gaps, dead and hot pixels.
//
// Those of a reference image are looked for once; an image is then asked at these places only. What
// is found depends on the two images alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/cancellation.hpp"
#include "base/kept_memory.hpp"
#include "image/bulk.hpp"
#include "image/pixel_reader.hpp"

namespace ndreg_preeval::detail {

// What a reference image has of them.
struct OutlierCandidates {
  // Pixels that touch and have one value, which is no value of the scene. In the order of values.
  struct Area {
    double value;
    unsigned char kind;       // the number of this value
    bool flag;                // -1 and -2 among counts, or the largest value of the type
    std::size_t first, last;  // of `pixels`
    std::size_t first_beside, last_beside;  // of `beside`

    std::size_t size() const noexcept { return last - first; }
  };

  // A single pixel of any value, above or below those around it.
  struct Spot {
    std::size_t place;
    int side;
  };

  void clear() noexcept;
  bool empty() const noexcept { return areas.empty() && spots.empty(); }

  KeptVector<Area> areas;
  KeptVector<std::size_t> pixels;
  KeptVector<std::size_t> beside;
  KeptVector<Spot> spots;
  KeptVector<unsigned char> special;  // per pixel of the image: whether its value is one of those
};

// The memory of one thread for it.
class StaticOutliers {
 public:
  // `valid` of the pixels are neither masked nor without a number.
  void find(const PixelReader& reference, std::size_t valid, OutlierCandidates& found,
            Cancellation& cancellation);

  // Places, in order, of the candidates that the image has, too; holds until the next call.
  const std::vector<std::size_t>& common(const PixelReader& reference,
                                         const OutlierCandidates& candidates,
                                         const PixelReader& image, Cancellation& cancellation);

  // Whether two images are equal but for some pixels, whose places are given in order.
  static bool same_but_for(const std::vector<std::size_t>& places, const PixelReader& a,
                           const PixelReader& b, Cancellation& cancellation);

 private:
  struct Pixel {
    std::size_t place;
    double value;
  };

  KeptVector<Extent> extents_;
  KeptVector<Pixel> far_;
  KeptVector<std::uint32_t> stamps_;
  std::vector<std::size_t> common_;
  std::vector<std::size_t> singles_;
};

}  // namespace ndreg_preeval::detail
