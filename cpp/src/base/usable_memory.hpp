// SPDX-License-Identifier: MIT
// How much memory this process may use.
#pragma once

#include <cstdint>

namespace ndreg_preeval::detail {

// What the machine has, its control group allows, and limits of the process leave. Reads files.
std::uint64_t usable_memory() noexcept;

}  // namespace ndreg_preeval::detail
