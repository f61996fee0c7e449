// SPDX-License-Identifier: MIT
#include <ndreg_preeval/release_memory.hpp>

#include "base/kept_memory.hpp"
#include "correlation/plans.hpp"
#include "threads/helpers.hpp"

namespace ndreg_preeval {

std::size_t kept_memory() noexcept {
  return detail::kept_memory_bytes() + detail::kept_plan_bytes();
}

// Plans hold pieces of kept memory: they go first.
std::size_t release_memory() noexcept {
  detail::end_threads();
  const std::size_t plans = detail::release_plans();
  return plans + detail::release_kept_memory();
}

}  // namespace ndreg_preeval
