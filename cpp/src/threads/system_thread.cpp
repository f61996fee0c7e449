// SPDX-License-Identifier: MIT
#include "threads/system_thread.hpp"

#if defined(NDREG_PREEVAL_POSIX_THREADS)

#include <signal.h>  // NOLINT(modernize-deprecated-headers): that of POSIX

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>

namespace ndreg_preeval::detail {
namespace {

// Kernels need little; thread-local variables of all libraries take their part of it.
constexpr std::size_t stack_size = std::size_t{1} << 20;

struct Start {
  void (*run)(void*);
  void* argument;
};

void* begin(void* given) {
  const std::unique_ptr<Start> start(static_cast<Start*>(given));
#if defined(__APPLE__)
  pthread_setname_np(thread_name);
#elif defined(__linux__)
  pthread_setname_np(pthread_self(), thread_name);
#endif
  start->run(start->argument);
  return nullptr;
}

// A program's handlers run in its own threads: new threads inherit what is blocked meanwhile. What
// a thread does to itself is no such signal.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t most;
    sigfillset(&most);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
      sigdelset(&most, own);
    }
    blocked_ = pthread_sigmask(SIG_BLOCK, &most, &before_) == 0;
  }
  ~SignalsBlocked() {
    if (blocked_) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
  bool blocked_ = false;
};

}  // namespace

bool SystemThread::start(void (*run)(void*), void* argument) noexcept {
  std::unique_ptr<Start> start(new (std::nothrow) Start{run, argument});
  pthread_attr_t attributes;
  if (!start || pthread_attr_init(&attributes) != 0) return false;
  // Refused where thread-local variables leave too little of it: then it is the system's size.
  static_cast<void>(pthread_attr_setstacksize(&attributes, stack_size));
  const SignalsBlocked blocked;
  bool started = pthread_create(&thread_, &attributes, &begin, start.get()) == 0;
  if (!started) started = pthread_create(&thread_, nullptr, &begin, start.get()) == 0;
  pthread_attr_destroy(&attributes);
  [[maybe_unused]] const Start* const of_the_thread = started ? start.release() : nullptr;
  return started;
}

// NOLINTNEXTLINE(readability-make-member-function-const): elsewhere it is not
void SystemThread::join() noexcept { pthread_join(thread_, nullptr); }

}  // namespace ndreg_preeval::detail

#else

#include <system_error>

namespace ndreg_preeval::detail {

bool SystemThread::start(void (*run)(void*), void* argument) noexcept {
  try {
    thread_ = std::thread(run, argument);
    return true;
  } catch (...) {
    return false;
  }
}

void SystemThread::join() noexcept { thread_.join(); }

}  // namespace ndreg_preeval::detail

#endif
