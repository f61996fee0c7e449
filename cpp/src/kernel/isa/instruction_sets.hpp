// SPDX-License-Identifier: MIT
// The kernels of each instruction set. Where a binary has none, these are null.
#pragma once

#include "kernel/kernels.hpp"

namespace ndreg_preeval::kernel {

// 16 bytes: SSE2, NEON, VSX. Any processor of the platform runs it.
const Kernels<float>* baseline_single() noexcept;
const Kernels<double>* baseline_double() noexcept;

// 32 bytes: AVX2 and FMA.
const Kernels<float>* avx2_single() noexcept;
const Kernels<double>* avx2_double() noexcept;

// 64 bytes: AVX-512 F, DQ, BW and VL.
const Kernels<float>* avx512_single() noexcept;
const Kernels<double>* avx512_double() noexcept;

}  // namespace ndreg_preeval::kernel
