// SPDX-License-Identifier: MIT
// Which instruction sets there are kernels for, and which one is in use.
#pragma once

#include <string>
#include <vector>

namespace ndreg_preeval::kernel {

std::vector<std::string> isas();
std::string active_isa();

}  // namespace ndreg_preeval::kernel
