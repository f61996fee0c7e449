// SPDX-License-Identifier: MIT
#include <ndreg_preeval/threads.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "base/control_groups.hpp"
#include "threads/cpu_set.hpp"
#include "threads/omp_places.hpp"

namespace ndreg_preeval {
namespace {

int affinity_cpus() noexcept {
  const std::size_t bound_to = detail::cpus_of_team();
  if (bound_to > 0) return static_cast<int>(bound_to);
#if defined(__linux__)
  detail::CpuSet own;
  if (own.look()) return std::max(1, static_cast<int>(own.count()));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

#if defined(__linux__)

// CPUs of one control group's quota, rounded up; a large number without one.
constexpr int unlimited = 1 << 20;

int as_cpus(double quota, double period) noexcept {
  if (!(quota > 0) || !(period > 0)) return unlimited;
  return std::max(1, static_cast<int>(std::min<double>(std::ceil(quota / period), unlimited)));
}

int quota_v2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max") return unlimited;
  return as_cpus(std::strtod(quota.c_str(), nullptr), period);
}

int quota_v1(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
  std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  return as_cpus(quota, period);
}

// The smallest quota of this process's control group and those above it.
int cgroup_cpus() {
  int cpus = unlimited;
  detail::for_each_control_group("cpu", [&cpus](const std::string& folder, bool v2) {
    cpus = std::min(cpus, v2 ? quota_v2(folder) : quota_v1(folder));
  });
  return cpus;
}

#else

constexpr int unlimited = 1 << 20;

int cgroup_cpus() { return unlimited; }

#endif

// What the files of control groups said, and when, in one number: no thread sees half of it, and a
// fork copies it whole. To read them takes a hundred times as long as a small call.
class KnownQuota {
 public:
  int cpus() {
    using std::chrono::steady_clock;
    const auto now =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                       steady_clock::now().time_since_epoch())
                                       .count());
    const std::uint64_t known = known_.load(std::memory_order_relaxed);
    if (known != 0 && now - (known >> bits) < milliseconds) {
      return static_cast<int>(known & ((std::uint64_t{1} << bits) - 1));
    }
    const int found = cgroup_cpus();
    known_.store(now << bits | static_cast<std::uint64_t>(found), std::memory_order_relaxed);
    return found;
  }

 private:
  static constexpr std::uint64_t milliseconds = 1000;
  static constexpr int bits = 21;
  static_assert(unlimited < 1 << bits, "every quota fits");

  std::atomic<std::uint64_t> known_{0};
};

KnownQuota known_quota;

int usable_cpus(const ThreadLimits& limits) noexcept {
  return limits.cgroup_cpus > 0 ? std::min(limits.affinity_cpus, limits.cgroup_cpus)
                                : limits.affinity_cpus;
}

}  // namespace

ThreadLimits thread_limits() noexcept {
  ThreadLimits limits;
  limits.affinity_cpus = affinity_cpus();
  try {
    const int quota = known_quota.cpus();
    limits.cgroup_cpus = quota < unlimited ? quota : 0;
  } catch (...) {  // no memory to look it up: no limit that is known
  }
  const char* text = std::getenv("OMP_NUM_THREADS");
  const long asked =
      text != nullptr ? std::strtol(text, nullptr, 10) : 0;  // "4,2": the outer level
  limits.omp_num_threads = static_cast<int>(std::clamp<long>(asked, 0, 1 << 20));
  return limits;
}

int usable_cpus() noexcept { return usable_cpus(thread_limits()); }

int default_threads() noexcept {
  const ThreadLimits limits = thread_limits();
  const int cpus = usable_cpus(limits);
  return limits.omp_num_threads > 0 ? std::min(limits.omp_num_threads, cpus) : cpus;
}

void leave_openmp_place() noexcept { detail::leave_place(); }

}  // namespace ndreg_preeval
