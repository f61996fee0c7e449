// SPDX-License-Identifier: MIT
// What stays with a detector while the sample moves, by its looks: for the reason in words.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ndreg_preeval::detail {

enum class KindOfStatic : std::uint8_t {
  other,
  aperture,   // areas with a sharp border: a round field of view, a frame, a beam stop
  background  // brightness that changes slowly over the image: a hill, a ramp, vignetting
};

// Of the mean of a few images of which it is known that something static hides a moving sample.
// `mean`: height x width finite pixels, row after row. Images of less than 16 pixels along an axis,
// or without contrast, are `other`, and so is what is not clear.
KindOfStatic kind_of_static(const double* mean, std::size_t height, std::size_t width);

}  // namespace ndreg_preeval::detail
