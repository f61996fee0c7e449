// SPDX-License-Identifier: MIT
// Allocations of a program and of the library it is linked with: counted, and failing on demand.
#pragma once

#include <atomic>
#include <cstddef>

namespace allocations {

extern std::atomic<long> countdown;  // this many more work; negative: all of them
extern std::atomic<long> counted;
extern std::atomic<std::size_t> largest;  // in bytes
extern std::atomic<bool> for_ever;        // all later ones fail, too

}  // namespace allocations
