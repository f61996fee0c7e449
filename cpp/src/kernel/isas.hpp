// SPDX-License-Identifier: MIT
// The kernels of each instruction set. Where a binary has none, these are null.
#pragma once

#include "kernels.hpp"

namespace ndreg_preeval::kernel {

// One lane: for images that are too narrow to fill vectors. Any processor runs it.
template <class T>
const Kernels<T>* scalar_kernels() noexcept;

// 16 bytes: SSE2, NEON, VSX. Any processor of the platform runs it.
template <class T>
const Kernels<T>* baseline_kernels() noexcept;

// 32 bytes: AVX2 and FMA.
template <class T>
const Kernels<T>* avx2_kernels() noexcept;

// 64 bytes: AVX-512 F, DQ, BW and VL.
template <class T>
const Kernels<T>* avx512_kernels() noexcept;

}  // namespace ndreg_preeval::kernel
