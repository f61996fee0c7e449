// SPDX-License-Identifier: MIT
// One thread of the library's own: small stack, name, no signals.
#pragma once

#if defined(__unix__) || defined(__APPLE__)
#define NDREG_PREEVAL_POSIX_THREADS
#include <pthread.h>
#else
#include <thread>
#endif

namespace ndreg_preeval::detail {

// As top, ps and /proc show it; 15 characters are what Linux takes.
constexpr const char* thread_name = "ndreg_pool";

class SystemThread {
 public:
  // Runs run(argument), which must not throw. False where the system has no thread to spare.
  bool start(void (*run)(void*), void* argument) noexcept;
  // Waits for its end; once.
  void join() noexcept;

 private:
#if defined(NDREG_PREEVAL_POSIX_THREADS)
  pthread_t thread_{};
#else
  std::thread thread_;
#endif
};

}  // namespace ndreg_preeval::detail
