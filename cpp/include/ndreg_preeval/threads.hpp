// SPDX-License-Identifier: MIT
/// \file threads.hpp
/// How many threads may and will be used.
#pragma once

#include <ndreg_preeval/export.hpp>

namespace ndreg_preeval {

/// What limits the number of threads. The files of control groups are read once a second at most.
struct ThreadLimits {
  int affinity_cpus = 1;  ///< CPUs that threads may run on; those of all places where OpenMP binds
  int cgroup_cpus = 0;    ///< its control group's share of CPU time, rounded up; 0: no limit
  int omp_num_threads = 0;  ///< first number in OMP_NUM_THREADS; 0: not set, or no positive number
};
NDREG_PREEVAL_API ThreadLimits thread_limits() noexcept;

/// CPUs this process may use: its affinity, and its share under a cgroup quota. At least 1.
NDREG_PREEVAL_API int usable_cpus() noexcept;

/// The first number in OMP_NUM_THREADS where that is a positive number, at most `usable_cpus()`;
/// else `usable_cpus()`.
NDREG_PREEVAL_API int default_threads() noexcept;

/// Lets the calling thread run on all CPUs of the OpenMP places (OMP_PLACES, OMP_PROC_BIND), if it
/// is bound to just one place; does nothing otherwise. For threads that a program starts itself:
/// they inherit the binding of the thread that started them.
NDREG_PREEVAL_API void leave_openmp_place() noexcept;

}  // namespace ndreg_preeval
