// SPDX-License-Identifier: MIT
#include "kernel/isa/instruction_sets.hpp"
#include "kernel/isa/prelude.hpp"
#include "kernel/isa/table.hpp"

namespace ndreg_preeval::kernel {
namespace {

// Where a compiler has no vector extension, one lane.
template <class T>
constexpr std::size_t lanes = NDREG_PREEVAL_VECTORS ? 16 / sizeof(T) : 1;

}  // namespace

const Kernels<float>* baseline_single() noexcept { return &kernels<float, lanes<float>>; }
const Kernels<double>* baseline_double() noexcept { return &kernels<double, lanes<double>>; }

}  // namespace ndreg_preeval::kernel
