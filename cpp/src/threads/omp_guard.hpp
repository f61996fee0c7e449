// SPDX-License-Identifier: MIT
// OpenMP runtimes end the process where they cannot start a thread, and hang after fork. So ask
// first.
#pragma once

#include <cstddef>

namespace ndreg_preeval::detail {

// How many of the wanted threads can exist at the same time, the calling one included, with the
// stacks that OMP_STACKSIZE asks for. Tried once per calling thread and number of threads: a
// runtime keeps the threads it has started.
std::size_t threads_openmp_can_start(std::size_t wanted) noexcept;

// False in a process that was forked, after this library was loaded or before: the threads of the
// runtime did not come along, and waiting for them would last for ever. Before, because another
// package may have used the same runtime by then.
bool openmp_is_safe() noexcept;

}  // namespace ndreg_preeval::detail
