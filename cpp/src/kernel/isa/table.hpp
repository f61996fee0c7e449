// SPDX-License-Identifier: MIT
// The functions of one instruction set, for so many lanes.
#pragma once

#include "kernel/column_sweeps.hpp"
#include "kernel/kernels.hpp"
#include "kernel/row_sweep.hpp"

namespace ndreg_preeval::kernel {
namespace {

template <class T, std::size_t n>
constexpr Kernels<T> kernels = {
    n, &load<T, n>, &correlate<T, n>, &edge_row<T, n>, &whiten<T, n>, &finish<T, n>};

}  // namespace
}  // namespace ndreg_preeval::kernel
