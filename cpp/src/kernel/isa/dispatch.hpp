// SPDX-License-Identifier: MIT
// Which instruction sets there are kernels for, and which one is in use.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernel/kernels.hpp"

namespace ndreg_preeval::kernel {

// In this binary; the first one runs on any processor of the platform, later ones are faster.
std::vector<std::string> isas();

// Those of them that this processor and operating system can run.
std::vector<std::string> usable_isas();

// The one that NDREG_PREEVAL_ISA names, else the last usable one.
// Throws std::invalid_argument for a name that is not usable here.
std::string active_isa();

// Kernels of the active instruction set.
template <class T>
const Kernels<T>& active_kernels();

}  // namespace ndreg_preeval::kernel
