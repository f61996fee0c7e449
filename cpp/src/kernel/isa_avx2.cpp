// SPDX-License-Identifier: MIT
#include "isa.hpp"
#include "isas.hpp"

#if NDREG_PREEVAL_X86_DISPATCH

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#include "table.hpp"

namespace ndreg_preeval::kernel {
namespace {

template <class T>
constexpr Kernels<T> kernels = table<T, 32 / sizeof(T)>();

}  // namespace
}  // namespace ndreg_preeval::kernel

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace ndreg_preeval::kernel {

template <class T>
const Kernels<T>* avx2_kernels() noexcept {
  return &kernels<T>;
}

#else

namespace ndreg_preeval::kernel {

template <class T>
const Kernels<T>* avx2_kernels() noexcept {
  return nullptr;
}

#endif

template const Kernels<float>* avx2_kernels<float>() noexcept;
template const Kernels<double>* avx2_kernels<double>() noexcept;

}  // namespace ndreg_preeval::kernel
