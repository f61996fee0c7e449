// SPDX-License-Identifier: MIT
#include "isa.hpp"
#include "isas.hpp"
#include "table.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Where a compiler has no vector extension, one lane.
constexpr std::size_t vector_bytes = NDREG_PREEVAL_VECTORS ? 16 : 1;

template <class T, std::size_t n>
constexpr Kernels<T> kernels = table<T, n>();

}  // namespace

template <class T>
const Kernels<T>* baseline_kernels() noexcept {
  return &kernels<T, std::max<std::size_t>(1, vector_bytes / sizeof(T))>;
}

template <class T>
const Kernels<T>* scalar_kernels() noexcept {
  return &kernels<T, 1>;
}

template const Kernels<float>* baseline_kernels<float>() noexcept;
template const Kernels<double>* baseline_kernels<double>() noexcept;
template const Kernels<float>* scalar_kernels<float>() noexcept;
template const Kernels<double>* scalar_kernels<double>() noexcept;

}  // namespace ndreg_preeval::kernel
