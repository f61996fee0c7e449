// SPDX-License-Identifier: MIT
#include "threads/omp_places.hpp"

#if defined(__linux__) && defined(NDREG_PREEVAL_OPENMP)

#include <omp.h>

#include <vector>

namespace ndreg_preeval::detail {
namespace {

CpuSet place_cpus(int place) {
  CpuSet cpus;
  std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
  if (!ids.empty()) omp_get_place_proc_ids(place, ids.data());
  for (const int id : ids) {
    if (id >= 0) cpus.add(static_cast<std::size_t>(id));
  }
  return cpus;
}

// How OpenMP binds threads here.
struct Binding {
  bool to_places = false;     // at all
  bool to_one_place = false;  // the calling thread has the CPUs of just one place
  CpuSet own{};               // the CPUs of the calling thread
  CpuSet of_its_threads{};    // the CPUs of all threads that it would have in a team
};

// Not by omp_get_place_num(): that binds a thread which is not bound yet.
Binding binding() noexcept {
  Binding found;
  const omp_proc_bind_t kind = omp_get_proc_bind();
  if (kind == omp_proc_bind_false || !found.own.look()) return found;
  try {
    const int places = omp_get_num_places();
    for (int place = 0; place < places; ++place) {
      const CpuSet cpus = place_cpus(place);
      found.to_one_place = found.to_one_place || cpus == found.own;
      // All threads of a team share the place of the first one, which is place 0 at first.
      if (kind == omp_proc_bind_master && place > 0) continue;
      found.of_its_threads.add(cpus);
    }
    if (kind == omp_proc_bind_master && found.to_one_place) found.of_its_threads = found.own;
  } catch (...) {  // no memory to look at them
    return {};
  }
  found.to_places = found.of_its_threads.count() > 0;
  return found;
}

}  // namespace

std::size_t cpus_of_team() noexcept {
  Binding here = binding();
  if (!here.to_places) return 0;
  if (!here.to_one_place) here.of_its_threads.leave_only(here.own);
  return here.of_its_threads.count();
}

void leave_place() noexcept {
  const Binding here = binding();
  if (here.to_places && here.to_one_place) static_cast<void>(here.of_its_threads.bind());
}

KeptCpus::KeptCpus() noexcept
    : known_(omp_get_proc_bind() != omp_proc_bind_false && cpus_.look()) {}

KeptCpus::~KeptCpus() {
  CpuSet now;
  if (!known_ || !now.look() || now == cpus_) return;
  static_cast<void>(cpus_.bind());
}

}  // namespace ndreg_preeval::detail

#else

namespace ndreg_preeval::detail {

std::size_t cpus_of_team() noexcept { return 0; }

void leave_place() noexcept {}

}  // namespace ndreg_preeval::detail

#endif
