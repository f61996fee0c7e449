// SPDX-License-Identifier: MIT
#include "threads/omp_places.hpp"

#if defined(__linux__) && defined(NDREG_PREEVAL_OPENMP)

#include <omp.h>

#include <vector>

namespace ndreg_preeval::detail {
namespace {

bool get_cpus(cpu_set_t& cpus) noexcept {
  CPU_ZERO(&cpus);
  return sched_getaffinity(0, sizeof cpus, &cpus) == 0;
}

cpu_set_t place_cpus(int place) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
  if (!ids.empty()) omp_get_place_proc_ids(place, ids.data());
  for (const int id : ids) {
    if (id >= 0 && id < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(id), &cpus);
  }
  return cpus;
}

// How OpenMP binds threads here.
struct Binding {
  bool to_places = false;      // at all
  bool to_one_place = false;   // the calling thread has the CPUs of just one place
  cpu_set_t own{};             // the CPUs of the calling thread
  cpu_set_t of_its_threads{};  // the CPUs of all threads that it would have in a team
};

// Not by omp_get_place_num(): that binds a thread which is not bound yet.
Binding binding() noexcept {
  Binding found;
  const omp_proc_bind_t kind = omp_get_proc_bind();
  if (kind == omp_proc_bind_false || !get_cpus(found.own)) return found;
  CPU_ZERO(&found.of_its_threads);
  try {
    const int places = omp_get_num_places();
    for (int place = 0; place < places; ++place) {
      const cpu_set_t cpus = place_cpus(place);
      found.to_one_place = found.to_one_place || CPU_EQUAL(&cpus, &found.own);
      // All threads of a team share the place of the first one, which is place 0 at first.
      if (kind == omp_proc_bind_master && place > 0) continue;
      CPU_OR(&found.of_its_threads, &found.of_its_threads, &cpus);
    }
  } catch (...) {  // no memory to look at them
    return {};
  }
  if (kind == omp_proc_bind_master && found.to_one_place) found.of_its_threads = found.own;
  found.to_places = CPU_COUNT(&found.of_its_threads) > 0;
  return found;
}

}  // namespace

std::size_t cpus_of_team() noexcept {
  const Binding here = binding();
  if (!here.to_places) return 0;
  cpu_set_t cpus = here.of_its_threads;
  if (!here.to_one_place) CPU_AND(&cpus, &cpus, &here.own);
  return static_cast<std::size_t>(CPU_COUNT(&cpus));
}

void leave_place() noexcept {
  const Binding here = binding();
  if (!here.to_places || !here.to_one_place) return;
  static_cast<void>(sched_setaffinity(0, sizeof here.of_its_threads, &here.of_its_threads));
}

KeptCpus::KeptCpus() noexcept
    : known_(omp_get_proc_bind() != omp_proc_bind_false && get_cpus(cpus_)) {}

KeptCpus::~KeptCpus() {
  cpu_set_t now;
  if (!known_ || !get_cpus(now) || CPU_EQUAL(&now, &cpus_)) return;
  static_cast<void>(sched_setaffinity(0, sizeof cpus_, &cpus_));
}

}  // namespace ndreg_preeval::detail

#else

namespace ndreg_preeval::detail {

std::size_t cpus_of_team() noexcept { return 0; }

void leave_place() noexcept {}

}  // namespace ndreg_preeval::detail

#endif
