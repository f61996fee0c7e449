// SPDX-License-Identifier: MIT
// Where OMP_PROC_BIND, OMP_PLACES or GOMP_CPU_AFFINITY are set, OpenMP runtimes bind the thread
// that loads them, or that first has a team, to one place: often a single CPU. Counted by that
// thread's affinity, a node would have one CPU, and threads that it starts inherit the binding.
#pragma once

#include <cstddef>

#include "threads/cpu_set.hpp"

namespace ndreg_preeval::detail {

// How many CPUs OpenMP would bind a team of the calling thread to: those of all places, as far as
// the thread may run on them or is bound to just one of them. 0 where OpenMP binds nothing.
// Looking binds nothing either.
std::size_t cpus_of_team() noexcept;

// Lets the calling thread run on all CPUs of such a team, if it is bound to just one place. For
// threads of our own, which nobody asked OpenMP to bind.
void leave_place() noexcept;

// Gives the calling thread the CPUs back that it had, whatever a runtime bound it to meanwhile.
#if defined(__linux__) && defined(NDREG_PREEVAL_OPENMP)
class KeptCpus {
 public:
  KeptCpus() noexcept;
  ~KeptCpus();
  KeptCpus(const KeptCpus&) = delete;
  KeptCpus& operator=(const KeptCpus&) = delete;

 private:
  CpuSet cpus_;
  bool known_;
};
#else
class KeptCpus {};
#endif

}  // namespace ndreg_preeval::detail
