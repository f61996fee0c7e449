// SPDX-License-Identifier: MIT
// Fourier transforms of a whole plane of real numbers, in double, by the calling thread: for what
// needs the spectrum itself, and is done too seldom for kernels of its own.
#pragma once

#include <complex>
#include <cstddef>

namespace ndreg_preeval::kernel {

// [ky][kx] of a half spectrum of height * (width / 2 + 1) numbers, from [row][column].
void transform_plane(std::size_t height, std::size_t width, const double* plane,
                     std::complex<double>* spectrum);

// Back again; nothing is left of the spectrum.
void transform_plane_back(std::size_t height, std::size_t width, std::complex<double>* spectrum,
                          double* plane);

}  // namespace ndreg_preeval::kernel
