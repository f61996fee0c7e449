// SPDX-License-Identifier: MIT
// Threads that sleep between calls and help with them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>

#include "threads/cpu_set.hpp"

namespace ndreg_preeval::detail {

// Help with one call. Threads come as they wake up; nobody waits for one that has not come, and
// none comes when one has left: then nothing is left to do.
class Helpers {
 public:
  // Asks for `wanted` threads: they call work(context, 1), work(context, 2), ..., which must not
  // throw. Fewer come where the system has no more, or where all is done before they wake up.
  using Work = void (*)(void* context, std::size_t thread);
  Helpers(std::size_t wanted, Work work, void* context) noexcept;
  ~Helpers();  // waits for those that came
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  // No more threads come; returns how many came.
  std::size_t close() noexcept;
  // After close(): waits at most so long for those that came to end their work. Whether all have:
  // then they sleep again, and nobody knows of this object.
  bool wait_for(std::chrono::milliseconds most) noexcept;

 private:
  friend class SleepingThreads;

  Work work_;
  void* context_;
  class SleepingThreads* threads_ = nullptr;
  std::size_t wanted_;
  std::size_t came_ = 0;
  std::size_t left_ = 0;
  std::condition_variable all_left_{};
  // In the list of calls that want more threads.
  bool listed_ = false;
  Helpers* before_ = nullptr;
  Helpers* after_ = nullptr;
#if defined(__linux__)
  CpuSet cpus_;  // of the calling thread
#endif
};

// Ends all threads that sleep, and those that work as soon as they are done. The next call makes
// new ones.
void end_threads() noexcept;

}  // namespace ndreg_preeval::detail
