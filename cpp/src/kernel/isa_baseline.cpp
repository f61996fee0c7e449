// SPDX-License-Identifier: MIT
#include "isa.hpp"
#include "isas.hpp"
#include "table.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Where a compiler has no vector extension, one lane.
template <class T>
constexpr std::size_t lanes = NDREG_PREEVAL_VECTORS ? 16 / sizeof(T) : 1;

}  // namespace

const Kernels<float>* baseline_single() noexcept { return &kernels<float, lanes<float>>; }
const Kernels<double>* baseline_double() noexcept { return &kernels<double, lanes<double>>; }

}  // namespace ndreg_preeval::kernel
