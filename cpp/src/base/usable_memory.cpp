// SPDX-License-Identifier: MIT
#include "base/usable_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/resource.h>
#include <unistd.h>
#endif

#include "base/control_groups.hpp"

namespace ndreg_preeval::detail {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
// Where nobody tells.
[[maybe_unused]] constexpr std::uint64_t modest = std::uint64_t{4} << 30;

#if defined(__unix__) || defined(__APPLE__)

std::uint64_t machine() noexcept {
#if defined(_SC_PHYS_PAGES)
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long size = sysconf(_SC_PAGESIZE);
  if (pages > 0 && size > 0)
    return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
#endif
  return modest;
}

std::uint64_t address_space() noexcept {
  rlimit of_process{};
  if (getrlimit(RLIMIT_AS, &of_process) != 0 || of_process.rlim_cur == RLIM_INFINITY)
    return unlimited;
  return static_cast<std::uint64_t>(of_process.rlim_cur);
}

#endif

#if defined(__linux__)

std::uint64_t number_in(const std::string& name) {
  std::ifstream file(name);
  std::uint64_t bytes = unlimited;
  return file >> bytes ? bytes : unlimited;  // "max" is no number
}

// The smallest limit of this process's control group and those above it.
std::uint64_t control_group() {
  std::uint64_t least = unlimited;
  for_each_control_group("memory", [&least](const std::string& folder, bool v2) {
    least = std::min(least, number_in(folder + (v2 ? "/memory.max" : "/memory.limit_in_bytes")));
  });
  return least;
}

#endif

}  // namespace

std::uint64_t usable_memory() noexcept {
#if defined(__unix__) || defined(__APPLE__)
  std::uint64_t bytes = std::min(machine(), address_space());
#else
  std::uint64_t bytes = modest;
#endif
#if defined(__linux__)
  try {
    bytes = std::min(bytes, control_group());
  } catch (...) {  // no memory to look it up: no limit that is known
  }
#endif
  return bytes;
}

}  // namespace ndreg_preeval::detail
