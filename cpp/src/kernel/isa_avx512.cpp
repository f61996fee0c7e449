// SPDX-License-Identifier: MIT
#include "isa.hpp"
#include "isas.hpp"

#if NDREG_PREEVAL_X86_DISPATCH

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")
#endif

#include "table.hpp"

namespace ndreg_preeval::kernel {
namespace {

template <class T>
constexpr Kernels<T> kernels = table<T, 64 / sizeof(T)>();

}  // namespace
}  // namespace ndreg_preeval::kernel

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace ndreg_preeval::kernel {

template <class T>
const Kernels<T>* avx512_kernels() noexcept {
  return &kernels<T>;
}

#else

namespace ndreg_preeval::kernel {

template <class T>
const Kernels<T>* avx512_kernels() noexcept {
  return nullptr;
}

#endif

template const Kernels<float>* avx512_kernels<float>() noexcept;
template const Kernels<double>* avx512_kernels<double>() noexcept;

}  // namespace ndreg_preeval::kernel
