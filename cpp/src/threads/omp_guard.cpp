// SPDX-License-Identifier: MIT
#include "threads/omp_guard.hpp"

#if defined(__unix__) || defined(__APPLE__)

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cctype>
#include <climits>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace ndreg_preeval::detail {
namespace {

// Whether this process began as a copy of another one and has not started a program since. The
// kernel tells (PF_FORKNOEXEC, ninth field of stat); where it does not, nobody does.
bool is_a_fork() noexcept {
#if defined(__linux__)
  const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char text[512];
  const ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0) return false;
  text[size] = '\0';
  // The second field is a name in parentheses, which may hold anything.
  const char* place = std::strrchr(text, ')');
  for (int field = 2; place != nullptr && field < 9; ++field) place = std::strchr(place + 1, ' ');
  constexpr unsigned long forked_without_exec = 0x40;
  return place != nullptr && (std::strtoul(place, nullptr, 10) & forked_without_exec) != 0;
#else
  return false;
#endif
}

// Where OpenMP may be used: nowhere, if the process that loaded this is a fork itself.
const pid_t safe_in = is_a_fork() ? -1 : getpid();

// What an OpenMP region of ours needs at least; smaller stacks stay unused.
constexpr std::size_t least_stack = std::size_t{128} << 10;
constexpr std::size_t runtime_memory = std::size_t{1} << 18;

// Bytes that OMP_STACKSIZE or GOMP_STACKSIZE name (a number, then B, K, M or G; K without); 0 if
// there is none or it makes no sense, as the runtimes see it.
std::size_t stack_size_asked_for() noexcept {
  for (const char* name : {"OMP_STACKSIZE", "GOMP_STACKSIZE"}) {
    const char* text = std::getenv(name);
    if (text == nullptr) continue;
    char* end = nullptr;
    const unsigned long long number = std::strtoull(text, &end, 10);
    if (end == text) continue;
    while (std::isspace(static_cast<unsigned char>(*end)) != 0) ++end;
    int shift = 10;
    switch (std::tolower(static_cast<unsigned char>(*end))) {
      case 'b':
        shift = 0;
        break;
      case 'm':
        shift = 20;
        break;
      case 'g':
        shift = 30;
        break;
      default:
        break;
    }
    if (number > (std::numeric_limits<std::size_t>::max() >> shift)) return SIZE_MAX;
    return static_cast<std::size_t>(number) << shift;
  }
  return 0;
}

// Threads that wait for each other, so that all exist at once.
class Rehearsal {
 public:
  std::size_t start(std::size_t count, std::size_t stack) {
    threads_.reserve(count);
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return 0;
    const bool possible = stack == 0 || pthread_attr_setstacksize(&attributes, stack) == 0;
    while (possible && threads_.size() < count) {
      pthread_t thread{};
      if (pthread_create(&thread, &attributes, &Rehearsal::wait, this) != 0) break;
      threads_.push_back(thread);
    }
    pthread_attr_destroy(&attributes);
    return threads_.size();
  }

  // How many of them also got a little memory.
  std::size_t finish() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
    return served_;
  }

 private:
  static void* wait(void* self_) {
    auto& self = *static_cast<Rehearsal*>(self_);
    const std::unique_ptr<char[]> memory(new (std::nothrow) char[runtime_memory]);
    std::unique_lock<std::mutex> lock(self.mutex_);
    if (memory) ++self.served_;
    self.changed_.wait(lock, [&self] { return self.over_; });
    return nullptr;
  }

  std::vector<pthread_t> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::size_t served_ = 0;
};

std::size_t rehearse(std::size_t others) noexcept {
  const std::size_t stack = stack_size_asked_for();
  if (stack != 0 && stack < least_stack) return 0;
  try {
    Rehearsal rehearsal;
    const std::size_t started = rehearsal.start(others, stack);
    const std::size_t served = rehearsal.finish();
    return started < others || served < others ? 0 : others;
  } catch (...) {
    return 0;
  }
}

}  // namespace

std::size_t threads_openmp_can_start(std::size_t wanted) noexcept {
  thread_local std::size_t proven = 1;
  while (wanted > proven) {
    if (rehearse(wanted - 1) == wanted - 1) {
      proven = wanted;
    } else {
      wanted = wanted > 2 ? wanted / 2 : 1;
    }
  }
  return wanted;
}

bool openmp_is_safe() noexcept { return getpid() == safe_in; }

}  // namespace ndreg_preeval::detail

#else

namespace ndreg_preeval::detail {

std::size_t threads_openmp_can_start(std::size_t wanted) noexcept { return wanted; }

bool openmp_is_safe() noexcept { return true; }

}  // namespace ndreg_preeval::detail

#endif
