// SPDX-License-Identifier: MIT
// Whether an image was enlarged by its nearest pixels, and the image that was.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ndreg_preeval/image_view.hpp>

#include "base/cancellation.hpp"
#include "image/pixel_reader.hpp"

namespace ndreg_preeval::detail {

// The equal blocks in which the pixels of an image come; 1 x 1 where they do not.
struct PixelBlocks {
  std::size_t height = 1;
  std::size_t width = 1;
  bool whole = false;  // none is cut at a border

  bool any() const noexcept { return height > 1 || width > 1; }
  // PairFlag bits: `repeated_pixels` and the size of the blocks; else 0.
  std::uint32_t flags() const noexcept;

  friend bool operator==(const PixelBlocks& a, const PixelBlocks& b) noexcept {
    return a.height == b.height && a.width == b.width && a.whole == b.whole;
  }
};

// The blocks may be cut at the borders, and are told where neither axis has less than 8 of them.
// Most images are done after three rows; one that is enlarged is read once.
PixelBlocks pixel_blocks(const PixelReader& reader, Cancellation& cancellation);

// The image whose pixels became blocks, all of them whole, in place.
ImageView before_enlarging(const ImageView& view, const PixelBlocks& blocks) noexcept;

}  // namespace ndreg_preeval::detail
