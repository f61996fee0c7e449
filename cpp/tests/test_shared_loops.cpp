// SPDX-License-Identifier: MIT
// Loops that threads without work of their own help with.
#include "threads/shared_loops.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"

namespace {

using namespace ndreg_preeval;
using detail::Cancellation;
using detail::SharedLoops;

// Threads that start at once, whatever the build makes of threads.
template <class Work>
void on_threads(std::size_t threads, const Work& work) {
  std::vector<std::thread> all;
  all.reserve(threads);
  for (std::size_t thread = 0; thread < threads; ++thread) all.emplace_back(work, thread);
  for (std::thread& each : all) each.join();
}

void each_index_once_with_own_memory() {
  const RunOptions run;
  Cancellation cancellation(run);
  for (int again = 0; again < 100; ++again) {
    SharedLoops loops(2, cancellation);
    std::vector<int> scratch(5);
    std::vector<int> called(3 * 40);
    on_threads(5, [&](std::size_t thread) {
      int* const own = &scratch[thread];
      if (thread >= 2) {
        loops.help(own);
        return;
      }
      for (std::size_t loop = thread; loop < 3; loop += 2) {
        loops.for_each(40, own, [&](std::size_t index, int* memory) {
          ++*memory;
          ++called[loop * 40 + index];
        });
      }
      loops.piece_is_done();
    });
    int sum = 0;
    for (const int count : scratch) sum += count;
    CHECK(sum == 3 * 40);
    for (const int count : called) CHECK(count == 1);
  }
}

// A loop that one thread alone would never end.
void idle_threads_do_help() {
  const RunOptions run;
  Cancellation cancellation(run);
  SharedLoops loops(1, cancellation);
  std::atomic<int> inside{0};
  on_threads(4, [&](std::size_t thread) {
    int scratch = 0;
    if (thread != 0) {
      loops.help(&scratch);
      return;
    }
    for (int again = 0; again < 20; ++again) {
      inside = 0;
      loops.for_each(4, &scratch, [&](std::size_t, int*) {
        ++inside;
        while (inside < 4) std::this_thread::yield();
      });
    }
    loops.piece_is_done();
  });
  CHECK(inside == 4);
}

void the_first_error_comes_out() {
  const RunOptions run;
  Cancellation cancellation(run);
  for (int again = 0; again < 50; ++again) {
    SharedLoops loops(1, cancellation);
    std::atomic<int> inside{0};
    std::string said;
    on_threads(3, [&](std::size_t thread) {
      int scratch = 0;
      if (thread != 0) {
        loops.help(&scratch);
        return;
      }
      try {
        loops.for_each(50, &scratch, [&](std::size_t index, int*) {
          if (index >= 3) return;
          ++inside;
          while (inside < 3) std::this_thread::yield();  // all three fail
          throw std::runtime_error("index " + std::to_string(index));
        });
      } catch (const std::runtime_error& error) {
        said = error.what();
      }
      loops.piece_is_done();
    });
    CHECK(said == "index 0");
  }
}

// Whichever thread asks: the one whose loop it is, or one that helps or waits.
void the_caller_can_stop_it() {
  for (const bool owns : {true, false}) {
    std::atomic<bool> begun{false};
    RunOptions run;
    run.should_stop = [&] { return begun.load(); };
    Cancellation cancellation(run);
    SharedLoops loops(1, cancellation);
    std::atomic<int> stopped{0};
    const auto own = [&] {
      int scratch = 0;
      try {
        loops.for_each(1U << 30, &scratch, [&](std::size_t, int*) {
          begun = true;
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        });
      } catch (const Cancelled&) {
        ++stopped;
      } catch (const detail::CancelledElsewhere&) {
        ++stopped;
      }
      loops.piece_is_done();
    };
    const auto help = [&] {
      int scratch = 0;
      try {
        loops.help(&scratch);
      } catch (const std::exception&) {  // heard while it waited
      }
    };
    std::thread other([&] { owns ? help() : own(); });
    owns ? own() : help();
    other.join();
    CHECK(stopped == 1);
    CHECK(cancellation.cancelled());
  }
}

}  // namespace

int main() {
  return check::run({{"each index once, with own memory", each_index_once_with_own_memory},
                     {"idle threads do help", idle_threads_do_help},
                     {"the first error comes out", the_first_error_comes_out},
                     {"the caller can stop it", the_caller_can_stop_it}});
}
