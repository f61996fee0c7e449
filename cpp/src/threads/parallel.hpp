// SPDX-License-Identifier: MIT
// Work shared by threads. The only place that knows which kind of threads: OpenMP's, or our own.
#pragma once

#include <cstddef>
#include <functional>

#include "base/cancellation.hpp"

namespace ndreg_preeval::detail {

// Calls task(index, thread) for every index below count, each once, thread < threads. One thread
// enters no parallel region. Fewer threads than asked for may come; the calling one always works.
// After an exception no more work is begun; the one of the lowest index comes out here.
void for_each_index(std::size_t count, std::size_t threads, Cancellation& cancellation,
                    const std::function<void(std::size_t index, std::size_t thread)>& task);

const char* thread_backend() noexcept;

}  // namespace ndreg_preeval::detail
