// SPDX-License-Identifier: MIT
// CPUs that a thread may run on, of machines of any size: cpu_set_t holds 1024, and where there are
// more, the system refuses it.
#pragma once

#if defined(__linux__)

#include <cstddef>
#include <vector>

#include <sched.h>

namespace ndreg_preeval::detail {

class CpuSet {
 public:
  // The CPUs of the calling thread. Whether they are known: not without memory for them.
  bool look() noexcept;
  // Lets the calling thread run on these. Whether the system has let it.
  bool bind() const noexcept;

  // May throw without memory.
  void add(std::size_t cpu);
  void add(const CpuSet& others);
  // Whether there was memory for a copy; else this one is empty.
  bool take(const CpuSet& other) noexcept;
  void leave_only(const CpuSet& others) noexcept;

  std::size_t count() const noexcept;
  bool has(std::size_t cpu) const noexcept;
  bool operator==(const CpuSet& other) const noexcept;

 private:
  static constexpr std::size_t cpus_of_one = CPU_SETSIZE;

  std::size_t sets() const noexcept { return many_.empty() ? 1 : many_.size(); }
  std::size_t bytes() const noexcept { return sets() * sizeof(cpu_set_t); }
  cpu_set_t* data() noexcept { return many_.empty() ? &few_ : many_.data(); }
  const cpu_set_t* data() const noexcept { return many_.empty() ? &few_ : many_.data(); }
  void grow(std::size_t sets);

  cpu_set_t few_{};              // nothing is allocated where this is enough
  std::vector<cpu_set_t> many_;  // all of them where it is not, side by side
};

}  // namespace ndreg_preeval::detail

#endif
