// SPDX-License-Identifier: MIT
// Whoever runs a scorer can stop it in the midst of its work, and hears why it stopped.
//
// Questions are counted here, not milliseconds: how often they come is the business of
// test_cancel_counted.cpp, how soon a call ends that of benchmarks/latency.py.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "wide.hpp"

namespace {

using images::Image;
using images::Wide;
using namespace ndreg_preeval;

// Over and over; a call that ends before it was time to ask leaves asking to its caller.
template <class Call>
void repeat(const RunOptions& run, Call&& call) {
  for (;;) {
    call(run);
    if (run.should_stop()) throw Cancelled("stopped between calls");
  }
}

// Runs the call until it is told to stop by the answer to a question, the first or a later one:
// that must be the last question of all.
template <class Call>
void stops_when_told(int threads, Call&& call) {
  for (const int last : {1, 3}) {
    const auto self = std::this_thread::get_id();
    int questions = 0;
    int elsewhere = 0;
    RunOptions run;
    run.num_threads = threads;
    run.should_stop = [&] {
      if (std::this_thread::get_id() != self) ++elsewhere;
      return ++questions >= last;
    };
    CHECK_THROWS(Cancelled, repeat(run, call), "stopped");
    CHECK(questions == last);
    CHECK(elsewhere == 0);
  }
}

void large_images_stop() {
  const Wide image(2000, 3000);
  const Scorer scorer(image.view);
  const std::vector<ImageView> views(200, image.view);
  for (const int threads : {1, 2, 4}) {
    stops_when_told(threads, [&](const RunOptions& run) { scorer.score(views, run); });
  }
  stops_when_told(0, [&](const RunOptions& run) { scorer.score_consecutive(views, run); });
  CHECK_THROWS(std::invalid_argument, scorer.score({ImageView{}}), "");  // no harm done
}

// Until the sums over the pixels are made nothing else runs: also they must stop.
void references_stop() {
  Wide image(60000, 3000);
  image.view.row_stride = 0;
#if defined(SANITIZED)
  image.view.height = 6000;
#endif
  Options options;
  options.confirm = false;
  options.precision = Precision::single_;
  stops_when_told(0,
                  [&](const RunOptions& run) { const Scorer another(image.view, options, run); });
}

// In the midst of one image, whatever is being done with it.
void one_large_image_stops() {
#if defined(SANITIZED)
  const Wide image(1024, 1024);
#else
  const Wide image(4096, 4096);
#endif
  const Wide few = images::two_levels(image);
  const Wide bad = images::broken(image);
  Options options;
  options.precision = Precision::single_;
  options.aligner.window = Window::hann;
  const Scorer scorer(image.view, options);
  for (const int threads : {1, 2}) {
    for (const Wide* kind : {&image, &few, &bad}) {
      stops_when_told(threads, [&](const RunOptions& run) { scorer.score({kind->view}, run); });
    }
    stops_when_told(threads,
                    [&](const RunOptions& run) { scorer.correlogram(image.view, true, run); });
    stops_when_told(threads,
                    [&](const RunOptions& run) { const Scorer another(bad.view, options, run); });
  }
}

void many_small_images_stop() {
  const Image image = images::noise(6, 6, 1);
  const Scorer scorer(image.view());
  const std::vector<ImageView> views(300000, image.view());
  for (const int threads : {1, 3}) {
    stops_when_told(threads, [&](const RunOptions& run) { scorer.score(views, run); });
  }
}

// Another thread may want it, at any moment: the next question hears of it, and is the last one.
void another_thread_stops_it() {
  const Wide image(2000, 3000);
  const Scorer scorer(image.view);
  const std::vector<ImageView> views(200, image.view);
  for (const int threads : {1, 2, 4}) {
    std::mutex mutex;
    std::condition_variable asked;
    bool begun = false;
    std::atomic<bool> stop{false};
    std::thread caller([&] {
      std::unique_lock<std::mutex> lock(mutex);
      asked.wait(lock, [&] { return begun; });
      stop = true;
    });
    int after = 0;
    RunOptions run;
    run.num_threads = threads;
    run.should_stop = [&] {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        begun = true;
      }
      asked.notify_one();
      if (!stop) return false;
      ++after;
      return true;
    };
    CHECK_THROWS(Cancelled,
                 repeat(run, [&](const RunOptions& options) { scorer.score(views, options); }),
                 "stopped");
    caller.join();
    CHECK(after == 1);
  }
}

struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What should_stop throws comes out, and nothing that it makes the other threads throw.
void errors_of_should_stop_come_out() {
  const Image image = images::noise(300, 300, 1);
  const Scorer scorer(image.view());
  const std::vector<ImageView> views(4000, image.view());
  for (int threads = 1; threads <= 4; ++threads) {
    int questions = 0;
    RunOptions run;
    run.num_threads = threads;
    run.should_stop = [&]() -> bool {
      ++questions;
      throw Interrupted("key pressed");
    };
    CHECK_THROWS(Interrupted,
                 repeat(run, [&](const RunOptions& options) { scorer.score(views, options); }),
                 "key pressed");
    CHECK(questions == 1);
  }
  const PairScore score = scorer.score({image.view()})[0];
  CHECK_NEAR(score.peak, images::copy_peak(image), 1e-9);  // and it goes on
}

}  // namespace

int main() {
  return check::run({{"large images stop", large_images_stop},
                     {"references stop", references_stop},
                     {"one large image stops", one_large_image_stops},
                     {"many small images stop", many_small_images_stop},
                     {"another thread stops it", another_thread_stops_it},
                     {"errors of should_stop come out", errors_of_should_stop_come_out}});
}
