// SPDX-License-Identifier: MIT
// Whether an image was enlarged by its nearest pixels.
#pragma once

#include <cstdint>

#include "base/cancellation.hpp"
#include "image/pixel_reader.hpp"

namespace ndreg_preeval::detail {

// PairFlag bits of an image whose pixels come in equal blocks: `repeated_pixels` and the size of
// the blocks; else 0. The blocks may be cut at the borders, and are told where neither axis has
// less than 8 of them. Most images are done after three rows; one that is enlarged is read once.
std::uint32_t repeated_pixel_flags(const PixelReader& reader, Cancellation& cancellation);

}  // namespace ndreg_preeval::detail
