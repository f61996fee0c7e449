// SPDX-License-Identifier: MIT
#include "kernel/plane_transform.hpp"

#define POCKETFFT_NO_MULTITHREADING
#include <pocketfft_hdronly.h>

namespace ndreg_preeval::kernel {
namespace {

using Complex = std::complex<double>;
using Shape = pocketfft::shape_t;
using Strides = pocketfft::stride_t;

Strides strides(std::size_t width, std::size_t element) {
  return {static_cast<std::ptrdiff_t>(width * element), static_cast<std::ptrdiff_t>(element)};
}

}  // namespace

void transform_plane(std::size_t height, std::size_t width, const double* plane,
                     Complex* spectrum) {
  const Strides pixels = strides(width, sizeof(double));
  const Strides bins = strides(width / 2 + 1, sizeof(Complex));
  pocketfft::r2c(Shape{height, width}, pixels, bins, Shape{0, 1}, true, plane, spectrum, 1.0);
}

// Not the function for several axes: that one takes memory for another spectrum.
void transform_plane_back(std::size_t height, std::size_t width, Complex* spectrum, double* plane) {
  const Strides pixels = strides(width, sizeof(double));
  const Strides bins = strides(width / 2 + 1, sizeof(Complex));
  const double size = static_cast<double>(height) * static_cast<double>(width);
  pocketfft::c2c(Shape{height, width / 2 + 1}, bins, bins, Shape{0}, false, spectrum, spectrum,
                 1.0);
  pocketfft::c2r(Shape{height, width}, bins, pixels, 1, false, spectrum, plane, 1.0 / size);
}

}  // namespace ndreg_preeval::kernel
