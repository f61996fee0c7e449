// SPDX-License-Identifier: MIT
// Plans that calls share, kept for the next one: small images take less time than their plan.
#pragma once

#include <cstddef>
#include <memory>

#include <ndreg_preeval/options.hpp>

#include "correlation/plan.hpp"

namespace ndreg_preeval::detail {

// The plan of an image size with these options, for the instruction set that runs now. At most
// sixteen for each precision are kept, and no more than their part of what may be.
template <class T>
std::shared_ptr<const Plan<T>> shared_plan(std::size_t height, std::size_t width,
                                           const Options& options);

// Bytes, about, of those that are kept; forgets them all.
std::size_t kept_plan_bytes() noexcept;
std::size_t release_plans() noexcept;

}  // namespace ndreg_preeval::detail
