// SPDX-License-Identifier: MIT
/// \file threads.hpp
/// How many threads may and will be used.
#pragma once

#include <ndreg_preeval/export.hpp>

namespace ndreg_preeval {

/// CPUs this process may use: its affinity, and its share under a cgroup quota. At least 1.
NDREG_PREEVAL_API int usable_cpus() noexcept;

/// The first number in OMP_NUM_THREADS where that is a positive number, at most `usable_cpus()`;
/// else `usable_cpus()`.
NDREG_PREEVAL_API int default_threads() noexcept;

}  // namespace ndreg_preeval
