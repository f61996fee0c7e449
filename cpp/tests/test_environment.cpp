// SPDX-License-Identifier: MIT
// The right result in odd surroundings: ctest runs it with many environments, and it makes some.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "check.hpp"
#include "images.hpp"

#if defined(__unix__)
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace {

using images::Image;
using namespace ndreg_preeval;

struct Known {
  Image reference = images::noise(48, 50, 1);
  Image moved = images::rolled(reference, 3, -5);
  std::vector<ImageView> views = std::vector<ImageView>(9, moved.view());

  bool right(int threads) const {
    RunOptions run;
    run.num_threads = threads;
    const auto scores = Scorer(reference.view()).score(views, run);
    bool all = scores.size() == views.size();
    for (const PairScore& score : scores) {
      all = all && score.peak_dy == -3 && score.peak_dx == 5 && score.probability > 0.9;
    }
    return all;
  }
};

void right_for_all_thread_counts() {
  const Known known;
  for (const int threads : {0, 1, 2, 4, 9}) CHECK(known.right(threads));
}

void default_threads_are_sane() {
  CHECK(default_threads() >= 1 && default_threads() <= usable_cpus());
  const char* text = std::getenv("EXPECTED_DEFAULT_THREADS");
  if (text != nullptr) CHECK(default_threads() == std::atoi(text));
}

#if defined(__unix__)

// On a thread with little stack, as event loops and Python make them.
void small_stack() {
  struct Call {
    Known known;
    bool right = false;
  } call;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
#if defined(SANITIZED)
  constexpr std::size_t stack = 1024 * 1024;
#else
  constexpr std::size_t stack = 64 * 1024;
#endif
  CHECK(pthread_attr_setstacksize(&attributes, stack) == 0);
  pthread_t thread{};
  const auto body = [](void* argument) -> void* {
    auto& self = *static_cast<Call*>(argument);
    self.right = self.known.right(1);
    return nullptr;
  };
  CHECK(pthread_create(&thread, &attributes, body, &call) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  CHECK(call.right);
}

#if !defined(SANITIZED)  // whose shadow memory is larger than any limit

// Bytes of address space in use now.
std::size_t address_space() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file != nullptr) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Memory and address space end: std::bad_alloc or the right result, and it goes on afterwards.
void little_address_space() {
  const std::size_t used = address_space();
  if (used == 0) {  // no /proc here
    CHECK(true);
    return;
  }
  const Image reference = images::noise(701, 700, 1);
  const Image moved = images::rolled(reference, 3, -5);
  const std::vector<ImageView> views(6, moved.view());
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  for (const unsigned megabytes :
       {1U, 2U, 4U, 8U, 12U, 16U, 24U, 32U, 48U, 64U, 96U, 128U, 192U, 320U}) {
    for (const int threads : {4, 2, 1}) {
      rlimit limit = before;
      limit.rlim_cur = address_space() + (std::size_t{megabytes} << 20U);
      CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
      bool right = true;
      try {
        RunOptions run;
        run.num_threads = threads;
        for (const PairScore& score : Scorer(reference.view()).score(views, run)) {
          right = right && score.peak_dy == -3 && score.peak_dx == 5;
        }
      } catch (const std::bad_alloc&) {  // as it should
      }
      setrlimit(RLIMIT_AS, &before);
      CHECK(right);
    }
  }
  CHECK(Known{}.right(4));
}

#endif
#endif

}  // namespace

int main() {
  return check::run({
  // Before any thread was made.
#if defined(__unix__) && !defined(SANITIZED)
      {"little address space", little_address_space},
#endif
      {"right for all thread counts", right_for_all_thread_counts},
      {"default threads are sane", default_threads_are_sane},
#if defined(__unix__)
      {"small stack", small_stack},
#endif
  });
}
