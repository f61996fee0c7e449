// SPDX-License-Identifier: MIT
// A clock that every look at it moves on, so that a test can count what depends on time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ticking_clock {

extern std::atomic<std::int64_t>
    step;  // nanoseconds from look to look; negative: the system's clock
extern std::atomic<long> looks;

// Whether the library looks at this clock, as it does where the linker puts it in its place.
inline bool is_there() {
  const long before = looks;
  static_cast<void>(std::chrono::steady_clock::now());
  return looks > before;
}

// Lets time pass by that much from look to look, while it lives.
class Ticking {
 public:
  explicit Ticking(std::chrono::nanoseconds by) {
    looks = 0;
    step = by.count();
  }
  Ticking(const Ticking&) = delete;
  Ticking& operator=(const Ticking&) = delete;
  ~Ticking() { step = -1; }
};

}  // namespace ticking_clock
