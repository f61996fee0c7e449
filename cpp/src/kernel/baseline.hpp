// SPDX-License-Identifier: MIT
// The kernel every processor of the target platform can run.
#pragma once

#include "transforms.hpp"

namespace ndreg_preeval::kernel {

template <class T>
std::unique_ptr<const Transforms<T>> make_baseline(std::size_t height, std::size_t width);

}  // namespace ndreg_preeval::kernel
