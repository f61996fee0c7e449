// SPDX-License-Identifier: MIT
#include "threads/cpu_set.hpp"

#if defined(__linux__)

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace ndreg_preeval::detail {
namespace {

// A million CPUs. Whoever refuses that does so for another reason.
constexpr std::size_t most_sets = 1024;

// As many as were enough before.
std::atomic<std::size_t> enough_sets{1};

}  // namespace

void CpuSet::grow(std::size_t sets) {
  if (sets <= this->sets()) return;
  if (many_.empty()) many_.push_back(few_);
  many_.resize(sets, cpu_set_t{});
}

bool CpuSet::look() noexcept {
  for (std::size_t sets = enough_sets.load(std::memory_order_relaxed); sets <= most_sets;
       sets *= 2) {
    try {
      grow(sets);
    } catch (...) {  // no memory
      return false;
    }
    CPU_ZERO_S(bytes(), data());
    if (sched_getaffinity(0, bytes(), data()) == 0) {
      enough_sets.store(sets, std::memory_order_relaxed);
      return true;
    }
    if (errno != EINVAL) return false;
  }
  return false;
}

bool CpuSet::bind() const noexcept { return sched_setaffinity(0, bytes(), data()) == 0; }

void CpuSet::add(std::size_t cpu) {
  if (cpu >= most_sets * cpus_of_one) return;
  grow(cpu / cpus_of_one + 1);
  CPU_SET_S(cpu, bytes(), data());
}

void CpuSet::add(const CpuSet& others) {
  grow(others.sets());
  CPU_OR_S(others.bytes(), data(), data(), others.data());
}

bool CpuSet::take(const CpuSet& other) noexcept {
  try {
    many_ = other.many_;
    few_ = other.few_;
    return true;
  } catch (...) {
    many_.clear();
    few_ = {};
    return false;
  }
}

void CpuSet::leave_only(const CpuSet& others) noexcept {
  const std::size_t both = std::min(sets(), others.sets());
  CPU_AND_S(both * sizeof(cpu_set_t), data(), data(), others.data());
  std::fill(data() + both, data() + sets(), cpu_set_t{});
}

std::size_t CpuSet::count() const noexcept {
  return static_cast<std::size_t>(CPU_COUNT_S(bytes(), data()));
}

bool CpuSet::has(std::size_t cpu) const noexcept {
  return cpu < sets() * cpus_of_one && CPU_ISSET_S(cpu, bytes(), data());
}

// Whatever the sizes.
bool CpuSet::operator==(const CpuSet& other) const noexcept {
  const std::size_t both = std::min(sets(), other.sets());
  const auto empty = [](const cpu_set_t& set) { return CPU_COUNT(&set) == 0; };
  return CPU_EQUAL_S(both * sizeof(cpu_set_t), data(), other.data()) &&
         std::all_of(data() + both, data() + sets(), empty) &&
         std::all_of(other.data() + both, other.data() + other.sets(), empty);
}

}  // namespace ndreg_preeval::detail

#endif
