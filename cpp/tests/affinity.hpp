// SPDX-License-Identifier: MIT
// The CPUs of the calling thread, as Linux says it, on machines of any size.
#pragma once

#include <cerrno>
#include <cstddef>
#include <vector>

#include <sched.h>

namespace affinity {

// Of a set for all of the machine's CPUs, side by side; empty where nobody says.
inline std::vector<cpu_set_t> look() {
  for (std::size_t sets = 1; sets <= 1024; sets *= 2) {
    std::vector<cpu_set_t> cpus(sets, cpu_set_t{});
    if (sched_getaffinity(0, sets * sizeof(cpu_set_t), cpus.data()) == 0) return cpus;
    if (errno != EINVAL) break;
  }
  return {};
}

inline bool bind(const std::vector<cpu_set_t>& cpus) {
  return sched_setaffinity(0, cpus.size() * sizeof(cpu_set_t), cpus.data()) == 0;
}

inline std::size_t room(const std::vector<cpu_set_t>& cpus) { return cpus.size() * CPU_SETSIZE; }

inline bool has(const std::vector<cpu_set_t>& cpus, std::size_t cpu) {
  return CPU_ISSET_S(cpu, cpus.size() * sizeof(cpu_set_t), cpus.data()) != 0;
}

// Of the same machine as others.
inline std::vector<cpu_set_t> only(std::size_t cpu, const std::vector<cpu_set_t>& others) {
  std::vector<cpu_set_t> one(others.size(), cpu_set_t{});
  CPU_SET_S(cpu, one.size() * sizeof(cpu_set_t), one.data());
  return one;
}

inline bool same(const std::vector<cpu_set_t>& a, const std::vector<cpu_set_t>& b) {
  return a.size() == b.size() && CPU_EQUAL_S(a.size() * sizeof(cpu_set_t), a.data(), b.data()) != 0;
}

}  // namespace affinity
