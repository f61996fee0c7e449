// SPDX-License-Identifier: MIT
#include "kernel/isa/instruction_sets.hpp"
#include "kernel/isa/prelude.hpp"

#if NDREG_PREEVAL_X86_DISPATCH

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#include "kernel/isa/table.hpp"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace ndreg_preeval::kernel {

const Kernels<float>* avx2_single() noexcept { return &kernels<float, 8>; }
const Kernels<double>* avx2_double() noexcept { return &kernels<double, 4>; }

}  // namespace ndreg_preeval::kernel

#else

namespace ndreg_preeval::kernel {

const Kernels<float>* avx2_single() noexcept { return nullptr; }
const Kernels<double>* avx2_double() noexcept { return nullptr; }

}  // namespace ndreg_preeval::kernel

#endif
