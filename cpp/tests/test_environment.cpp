// SPDX-License-Identifier: MIT
// The right result in odd surroundings: ctest runs it with many environments, and it makes some.
#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "check.hpp"
#include "images.hpp"

#if defined(__unix__)
#include <pthread.h>
#endif
#if defined(__linux__)
#include <thread>

#include "affinity.hpp"
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
  constexpr std::size_t wanted = 1024 * 1024;
#else
  constexpr std::size_t wanted = 64 * 1024;
#endif
  // The least that the system allows: 128 KiB on aarch64; where glibc finds it out, not a constant.
  const std::size_t stack = std::max(wanted, static_cast<std::size_t>(PTHREAD_STACK_MIN));
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

#endif

#if defined(__linux__)

// OpenMP runtimes bind a thread that first has a team.
void a_call_leaves_its_thread_on_its_cpus() {
  const Known known;
  bool right = false;
  bool kept = false;
  std::thread([&] {
    leave_openmp_place();
    const auto before = affinity::look();
    right = known.right(4);
    kept = !before.empty() && affinity::same(affinity::look(), before);
  }).join();
  CHECK(right);
  CHECK(kept);
}

#endif

}  // namespace

int main() {
  return check::run({
      {"right for all thread counts", right_for_all_thread_counts},
      {"default threads are sane", default_threads_are_sane},
#if defined(__unix__)
      {"small stack", small_stack},
#endif
#if defined(__linux__)
      {"a call leaves its thread on its CPUs", a_call_leaves_its_thread_on_its_cpus},
#endif
  });
}
