// SPDX-License-Identifier: MIT
// Whoever runs a scorer can stop it soon, and hears why it stopped.
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "images.hpp"

namespace {

using images::Image;
using namespace ndreg_preeval;
using Clock = std::chrono::steady_clock;

// Sanitizers make everything some ten times slower.
#if defined(SANITIZED)
constexpr std::chrono::milliseconds soon{2000};
constexpr std::chrono::milliseconds half_a_second{2000};
#else
constexpr std::chrono::milliseconds soon{200};
constexpr std::chrono::milliseconds half_a_second{500};
#endif

// An image of 2000 x 3000 pixels, or others, that takes one row of memory.
struct Wide {
  explicit Wide(std::size_t height = 2000, std::size_t width = 3000)
      : row(images::noise(1, height + width, 1)), view(row.view()) {
    view.height = height;
    view.width = width;
    view.row_stride = sizeof(double);  // every row is the one above, moved by a pixel
  }
  Image row;
  ImageView view;
};

// Runs the call; another thread wants it stopped after a while. How long that took.
template <class Call>
Clock::duration stopping(std::chrono::milliseconds after, Call&& call) {
  std::atomic<bool> stop{false};
  Clock::time_point asked;
  std::thread caller([&] {
    std::this_thread::sleep_for(after);
    asked = Clock::now();
    stop = true;
  });
  RunOptions run;
  run.should_stop = [&stop] { return stop.load(); };
  CHECK_THROWS(Cancelled, call(run), "stopped");
  const auto end = Clock::now();
  caller.join();
  return end - asked;
}

// Over and over; a call that ends before it was time to ask leaves asking to its caller.
template <class Call>
int repeat(const RunOptions& run, Call&& call) {
  for (;;) {
    call();
    if (run.should_stop()) throw Cancelled("stopped between calls");
  }
}

void large_images_stop_soon() {
  const Wide image;
  const Scorer scorer(image.view);
  const std::vector<ImageView> views(200, image.view);
  for (const int threads : {1, 2, 4}) {
    for (const int after : {0, 60, 130, 300}) {
      const auto took = stopping(std::chrono::milliseconds(after), [&](RunOptions run) {
        run.num_threads = threads;
        return scorer.score(views, run);
      });
      CHECK(took < soon);
    }
  }
  const auto took = stopping(std::chrono::milliseconds(100), [&](const RunOptions& run) {
    return scorer.score_consecutive(views, run);
  });
  CHECK(took < soon);
  CHECK_THROWS(std::invalid_argument, scorer.score({ImageView{}}), "");  // no harm done
}

// Until the sums over the pixels are made nothing else runs: also they must stop.
void references_stop_soon() {
  Wide image;
  image.view.row_stride = 0;
  image.view.height = 60000;
  Options options;
  options.confirm = false;
  options.precision = Precision::single_;
#if defined(SANITIZED)
  image.view.height = 6000;
#endif
  for (const int after : {10, 60, 200}) {
    const auto took = stopping(std::chrono::milliseconds(after), [&](const RunOptions& run) {
      return repeat(run, [&] { const Scorer another(image.view, options, run); });
    });
    CHECK(took < soon);
  }
}

// In the midst of one image, whatever is being done with it: 4096 x 4096 pixels take a while.
void one_large_image_stops_soon() {
#if defined(SANITIZED)
  Wide image(1024, 1024);
#else
  Wide image(4096, 4096);
#endif
  Wide two_levels = image;
  two_levels.view.data = two_levels.row.pixels.data();
  for (double& pixel : two_levels.row.pixels) pixel = pixel > 0.5 ? 1 : 0;
  Wide broken = image;
  broken.view.data = broken.row.pixels.data();
  broken.row.pixels.back() = std::numeric_limits<double>::quiet_NaN();
  Options options;
  options.precision = Precision::single_;
  options.aligner.window = Window::hann;
  const Scorer scorer(image.view, options);
  for (const int threads : {1, 2}) {
    for (const Wide* kind : {&image, &two_levels, &broken}) {
      for (const int after : {20, 140, 330}) {
        const auto took = stopping(std::chrono::milliseconds(after), [&](RunOptions run) {
          run.num_threads = threads;
          return repeat(run, [&] { static_cast<void>(scorer.score({kind->view}, run)); });
        });
        CHECK(took < half_a_second);
      }
    }
    for (const int after : {90, 400}) {
      const auto took = stopping(std::chrono::milliseconds(after), [&](RunOptions run) {
        run.num_threads = threads;
        return repeat(run, [&] { static_cast<void>(scorer.correlogram(image.view, true, run)); });
      });
      CHECK(took < half_a_second);
      const auto made = stopping(std::chrono::milliseconds(after), [&](RunOptions run) {
        run.num_threads = threads;
        return repeat(run, [&] { const Scorer another(broken.view, options, run); });
      });
      CHECK(made < half_a_second);
    }
  }
}

void many_small_images_stop_soon() {
  const Image image = images::noise(6, 6, 1);
  const Scorer scorer(image.view());
  const std::vector<ImageView> views(300000, image.view());
  for (const int threads : {1, 3}) {
    const auto took = stopping(std::chrono::milliseconds(80), [&](RunOptions run) {
      run.num_threads = threads;
      return scorer.score(views, run);
    });
    CHECK(took < soon);
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
    RunOptions run;
    run.num_threads = threads;
    run.should_stop = []() -> bool { throw Interrupted("key pressed"); };
    CHECK_THROWS(Interrupted, scorer.score(views, run), "key pressed");
  }
  const PairScore score = scorer.score({image.view()})[0];
  CHECK_NEAR(score.peak, images::copy_peak(image), 1e-9);  // and it goes on
}

// The calling thread is the one that is asked, also while it only waits for the others.
void the_calling_thread_is_asked() {
  const Wide image;
  const Scorer scorer(image.view);
  const auto self = std::this_thread::get_id();
  int questions = 0;
  int elsewhere = 0;
  RunOptions run;
  run.num_threads = 4;
  run.should_stop = [&] {
    ++questions;
    if (std::this_thread::get_id() != self) ++elsewhere;
    return false;
  };
  const auto start = Clock::now();
  const auto scores = scorer.score(std::vector<ImageView>(3, image.view), run);
  const auto took = Clock::now() - start;
  CHECK(scores.size() == 3);
  CHECK(elsewhere == 0);
  CHECK(questions >= took / soon);
}

}  // namespace

int main() {
  return check::run({{"large images stop soon", large_images_stop_soon},
                     {"references stop soon", references_stop_soon},
                     {"one large image stops soon", one_large_image_stops_soon},
                     {"many small images stop soon", many_small_images_stop_soon},
                     {"errors of should_stop come out", errors_of_should_stop_come_out},
                     {"the calling thread is asked", the_calling_thread_is_asked}});
}
