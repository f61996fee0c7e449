// SPDX-License-Identifier: MIT
// The functions of one instruction set, for so many lanes.
#pragma once

#include "kernel/column_sweeps.hpp"
#include "kernel/kernels.hpp"
#include "kernel/row_sweep.hpp"

namespace ndreg_preeval::kernel {
namespace {

template <class T, std::size_t columns, std::size_t rows>
constexpr Kernels<T> kernels = {columns,
                                rows,
                                &load<T, columns, rows>,
                                &correlate<T, rows>,
                                &edge_row<T, rows>,
                                &whiten<T, rows>,
                                &finish<T, columns, rows>};

// Full vectors, or single numbers along an axis that is too short for them.
template <class T, std::size_t n>
constexpr IsaKernels<T> isa_kernels = {
    {{&kernels<T, n, n>, &kernels<T, n, 1>, &kernels<T, 1, n>, &kernels<T, 1, 1>}}};

}  // namespace
}  // namespace ndreg_preeval::kernel
