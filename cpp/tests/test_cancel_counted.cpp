// SPDX-License-Identifier: MIT
// How often a call asks whether to stop, and what is still done afterwards: counted, not timed.
//
// Where the library looks at the clock, time passes by as much as a test says: the machine may be
// as slow and as busy as it likes.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.hpp"
#include "check.hpp"
#include "image/pixel_reader.hpp"
#include "image/statistics.hpp"
#include "images.hpp"
#include "runs.hpp"
#include "threads/parallel.hpp"
#include "ticking_clock.hpp"
#include "wide.hpp"

namespace {

using images::Wide;
using std::chrono::milliseconds;
using ticking_clock::Ticking;
using namespace ndreg_preeval;

constexpr milliseconds interval{50};  // run_options.hpp: asked about every 50 ms

// Where the library's clock is another one (libc++'s), there is nothing to count.
bool clock_ticks() {
  const bool there = ticking_clock::is_there();
  if (!there) std::printf("the clock of this C++ library is not known here\n");
  CHECK(true);
  return there;
}

// Questions of a call in one thread, while time passes by `step` from look to look at the clock.
template <class Call>
long questions_of(milliseconds step, Call&& call) {
  const Ticking ticking(step);
  long questions = 0;
  RunOptions run;
  run.num_threads = 1;
  run.should_stop = [&questions] {
    ++questions;
    return false;
  };
  call(run);
  return questions;
}

void asked_every_50_ms() {
  if (!clock_ticks()) return;
  const Wide image(500, 700);
  const Scorer scorer(image.view);
  const std::vector<ImageView> views(3, image.view);
  const auto score = [&](const RunOptions& run) { scorer.score(views, run); };
  CHECK(questions_of(milliseconds(0), score) == 0);
  for (const int step : {1, 10, 25}) {
    const long questions = questions_of(milliseconds(step), score);
    CHECK(questions == (ticking_clock::looks - 1) * step / interval.count());
  }
}

// The most pixels of an image to a question, on average, where 16 lanes are worked on at a time: a
// call that does not ask in one of its sweeps over the image comes to more. Of tall images
// frequencies are many, of wide ones columns.
struct Most {
  const char* name;
  std::size_t height, width;
  Window window;
  std::size_t score, few_levels, consecutive, correlogram, reference;
};

constexpr Most most[] = {
    {"tall", 30000, 100, Window::none, 2900, 110, 1450, 2900, 2900},
    {"tall, windowed", 30000, 100, Window::hann, 2900, 110, 1080, 2900, 1620},
    {"wide", 100, 30000, Window::none, 4800, 4200, 3600, 2400, 14400},
    {"wide, windowed", 100, 30000, Window::hann, 4800, 4200, 3600, 2400, 14400},
};

// How many fewer lanes are worked on at a time: they come with as many more questions.
std::size_t fewer_lanes() {
  const std::string isa = build_info().active_isa;
  return isa == "avx512" ? 1 : isa == "avx2" ? 2 : 4;
}

void every_sweep_asks() {
  if (!clock_ticks()) return;
  for (const Most& each : most) {
    const Wide image(each.height, each.width);
    const Wide few = images::two_levels(image);
    Options options;
    options.precision = Precision::single_;
    options.aligner.window = each.window;
    const Scorer scorer(image.view, options);
    const auto check = [&](const char* what, std::size_t pixels, auto&& call) {
      const auto questions = static_cast<std::size_t>(questions_of(interval, call));
      CHECK(questions * pixels >= image.size());
      std::printf("%s, %s: %zu questions, at least %zu\n", each.name, what, questions,
                  image.size() / pixels);
    };
    const std::size_t lanes = fewer_lanes();
    check("score", each.score / lanes,
          [&](const RunOptions& run) { scorer.score({image.view}, run); });
    check("score, few levels", each.few_levels,
          [&](const RunOptions& run) { scorer.score({few.view}, run); });
    check("score_consecutive", each.consecutive / lanes,
          [&](const RunOptions& run) { scorer.score_consecutive({image.view, image.view}, run); });
    check("correlogram", each.correlogram / lanes,
          [&](const RunOptions& run) { scorer.correlogram(image.view, true, run); });
    check("Scorer", each.reference / lanes,
          [&](const RunOptions& run) { const Scorer another(image.view, options, run); });
  }
}

// Images with invalid pixels, or outshone by one, are looked at more closely before anything else.
void a_closer_look_asks() {
  if (!clock_ticks()) return;
  Wide hot(2000, 3000);
  hot.row.pixels.back() = 1e9;
  const auto look = [&](const RunOptions& run) {
    detail::Cancellation cancellation(run);
    static_cast<void>(detail::full_statistics(detail::PixelReader(hot.view), cancellation));
  };
  // Once over the pixels, and once again for the one that outshines them.
  CHECK(questions_of(interval, look) >= static_cast<long>(hot.size() / 70000 + 2000));
}

// A thread that has just been told to go on may begin one task more.
void no_other_task_is_begun_afterwards() {
  if (!clock_ticks()) return;
  for (const std::size_t threads : {1U, 2U, 3U, 4U}) {
    for (const int last : {1, 2, 20}) {
      const Ticking ticking(interval);
      std::atomic<std::size_t> late{0};
      int questions = 0;
      RunOptions run;
      run.should_stop = [&] { return ++questions >= last; };
      detail::Cancellation cancellation(run);
      const auto task = [&](std::size_t, std::size_t) {
        if (cancellation.cancelled()) ++late;
      };
      CHECK_THROWS(Cancelled, detail::for_each_index(10000000, threads, cancellation, task),
                   "stopped");
      CHECK(questions == last);
      CHECK(late < threads);
    }
  }
}

// While it has nothing to do but to wait for another thread, the calling one is asked.
void who_waits_is_asked() {
  if (build_info().threads == "off") {
    CHECK(true);
    return;
  }
  constexpr std::chrono::minutes patience{5};  // only a hang takes that long
  std::mutex mutex;
  std::condition_variable changed;
  bool both_begun = false;
  bool asked = false;
  int tasks = 0;
  RunOptions run;
  run.should_stop = [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!both_begun) return false;
    asked = true;
    changed.notify_all();
    return true;
  };
  detail::Cancellation cancellation(run);
  const auto task = [&](std::size_t, std::size_t thread) {
    std::unique_lock<std::mutex> lock(mutex);
    both_begun = ++tasks == 2;
    changed.notify_all();
    if (!changed.wait_for(lock, patience, [&] { return both_begun; })) return;
    if (thread == 0) return;  // done, but for waiting
    CHECK(changed.wait_for(lock, patience, [&] { return asked; }));
  };
  CHECK_THROWS(Cancelled, detail::for_each_index(2, 2, cancellation, task), "stopped");
  CHECK(asked);
}

// Also while it makes ready for double precision: whoever is asked may call the same scorer.
void calls_within_questions() {
  if (!clock_ticks()) return;
  images::Image image = images::noise(24, 32, 1);
  for (double& pixel : image.pixels) pixel = 300 * pixel + 1e14;  // much for the contrast
  const auto score = [&image](const Scorer& scorer, const RunOptions& run) {
    return scorer.score({image.view()}, run);
  };
  Options options;
  options.precision = Precision::automatic;
  const auto expected = score(Scorer(image.view(), options), {});
  CHECK((expected[0].flags & in_double) != 0);
  const Scorer scorer(image.view(), options);
  const Ticking ticking(interval);
  int questions = 0;
  RunOptions run;
  run.should_stop = [&] {
    ++questions;
    CHECK(runs::same(score(scorer, {}), expected));
    return false;
  };
  CHECK(runs::same(score(scorer, run), expected));
  CHECK(questions > 1);
}

}  // namespace

int main() {
  return check::run({{"asked every 50 ms", asked_every_50_ms},
                     {"every sweep asks", every_sweep_asks},
                     {"a closer look asks", a_closer_look_asks},
                     {"no other task is begun afterwards", no_other_task_is_begun_afterwards},
                     {"who waits is asked", who_waits_is_asked},
                     {"calls within questions", calls_within_questions}});
}
