// SPDX-License-Identifier: MIT
// A scorer that has seen images like these allocates nothing per image, and one that is made after
// another one takes the memory that it had.
#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "images.hpp"

namespace {

using allocations::counted;
using images::Image;
using namespace ndreg_preeval;

// Allocations of a call: of the leanest of so many, because threads that meet an image of some kind
// for the first time keep what they need for it.
template <class Call>
long allocations_of(Call&& call, int times) {
  long least = std::numeric_limits<long>::max();
  for (int i = 0; i < times; ++i) {
    counted = 0;
    call();
    least = std::min(least, counted.load());
  }
  return least;
}

// Moved, noisy, with a pixel that outshines it, with NaN pixels, with nothing but these, constant,
// of few levels, masked: all ways that an image may take.
struct Mixed {
  Mixed(std::size_t height, std::size_t width) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Image reference = images::noise(height, width, 1);
    stack.push_back(reference);
    stack.push_back(images::rolled(reference, 1, 2));
    stack.push_back(images::sum(reference, images::noise(height, width, 2), 1.0));
    stack.push_back(reference);
    stack.back().at(height / 2, width / 3) = nan;
    stack.push_back(images::constant(height, width, nan));
    stack.push_back(images::constant(height, width, 7));
    stack.push_back(reference);
    for (double& pixel : stack.back().pixels) pixel = pixel > 0.5 ? 1 : 0;
    for (const int hot : {2, 3}) {
      stack.push_back(images::rolled(reference, hot, 0));
      stack.back().at(0, 0) = 1e5;
    }
    stack.push_back(reference);
    mask = std::vector<unsigned char>(height * width, 1);
    mask[0] = mask[height * width - 1] = 0;
    views = images::views(stack);
    views.back().mask = mask.data();
    views.back().mask_row_stride = static_cast<std::ptrdiff_t>(width);
    views.back().mask_column_stride = 1;
  }

  // All of them, again and again.
  std::vector<ImageView> many(std::size_t count) const {
    std::vector<ImageView> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(views[i % views.size()]);
    return all;
  }

  std::vector<Image> stack;
  std::vector<unsigned char> mask;
  std::vector<ImageView> views;
};

// Twice as many images, with a scorer that has seen them all: not one allocation more.
void check_none_per_image(std::size_t height, std::size_t width, const Options& options,
                          int threads) {
  const Mixed mixed(height, width);
  RunOptions run;
  run.num_threads = threads;
  run.should_stop = [] { return false; };
  const std::size_t count = 12 * static_cast<std::size_t>(threads);
  const auto some = mixed.many(count);
  const auto more = mixed.many(2 * count);
  const Scorer scorer(mixed.views[8], options);
  static_cast<void>(scorer.score(more, run));
  static_cast<void>(scorer.score_consecutive(more, run));
  const int times = threads == 1 ? 1 : 20;
  const auto score = [&](const std::vector<ImageView>& all) {
    return allocations_of([&] { static_cast<void>(scorer.score(all, run)); }, times);
  };
  const auto consecutive = [&](const std::vector<ImageView>& all) {
    return allocations_of([&] { static_cast<void>(scorer.score_consecutive(all, run)); }, times);
  };
  const auto compare = [&](long few, long many, const char* what) {
    CHECK(few == many);
    if (few == many) return;
    check::report(what, threads,
                  std::to_string(height) + " x " + std::to_string(width) + " takes " +
                      std::to_string(few) + " allocations, for twice as many images " +
                      std::to_string(many));
  };
  compare(score(some), score(more), "score");
  compare(consecutive(some), consecutive(more), "score_consecutive");
  CHECK(score(some) > 0);  // the scores themselves
}

// Smooth, large prime (a convolution), and odd radices without code of their own.
constexpr std::pair<std::size_t, std::size_t> sizes[] = {{64, 60}, {269, 40}, {22, 263}, {77, 52}};

void none_per_image() {
  for (const auto& [height, width] : sizes) {
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      for (const bool confirm : {true, false}) {
        Options options;
        options.precision = precision;
        options.confirm = confirm;
        options.ignore_hot_pixel = confirm;
        check_none_per_image(height, width, options, 1);
      }
    }
  }
}

void none_per_image_filtered() {
  for (const auto& [height, width] : sizes) {
    Options options;
    options.aligner = images::filter(Window::hann, 0.2);
    options.opinion = images::filter(Window::none, 0.1);
    options.max_shift = 5;
    options.keep_mean = true;
    check_none_per_image(height, width, options, 1);
  }
}

void none_per_image_on_threads() {
  for (const Precision precision : {Precision::single_, Precision::double_}) {
    Options options;
    options.precision = precision;
    check_none_per_image(64, 60, options, 3);
    options.aligner.window = Window::hann;
    check_none_per_image(22, 263, options, 2);
  }
}

// Images that several threads work on together: a rest of one, or of three.
void none_per_shared_image() {
  if (build_info().threads == "std") {  // whose threads are made for each image
    CHECK(true);
    return;
  }
  const Mixed mixed(520, 700);
  const auto views = mixed.many(7);
  RunOptions run;
  run.num_threads = 4;
  const Scorer scorer(mixed.views[8]);
  const auto rest = [&](std::size_t count) {
    const std::vector<ImageView> all(views.begin(),
                                     views.begin() + static_cast<std::ptrdiff_t>(count));
    return allocations_of([&] { static_cast<void>(scorer.score(all, run)); }, 5);
  };
  for (const std::size_t count : {7U, 4U, 1U, 3U}) static_cast<void>(rest(count));
  CHECK(rest(3) == rest(1));
  CHECK(rest(7) == rest(5));
}

// Of the second of two equal stacks only small things are new, and few: handles, and the scores.
void second_stack() {
  for (const auto& [height, width] :
       {std::pair<std::size_t, std::size_t>{16, 16}, {200, 300}, {263, 269}}) {
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      for (const char* method : {"evidence", "plain", "robust", "peak_to_mean"}) {
        for (const int threads : {1, 3}) {
          const Mixed mixed(height, width);
          Options options = method_named(method).options;
          options.precision = precision;
          RunOptions run;
          run.num_threads = threads;
          release_memory();
          const auto stack = [&] {
            counted = 0;
            allocations::largest = 0;
            const Scorer scorer(mixed.views[8], options, run);
            static_cast<void>(scorer.score(mixed.views, run));
            static_cast<void>(scorer.score_consecutive(mixed.views, run));
          };
          stack();
          CHECK(allocations::largest >= height * width * sizeof(float));
          const long first = counted;
          // The leanest of so many: which thread meets which image is as it comes.
          std::size_t largest = allocations::largest;
          long number = first;
          for (int again = 0; again < (threads == 1 ? 1 : 20); ++again) {
            stack();
            largest = std::min(largest, allocations::largest.load());
            number = std::min(number, counted.load());
          }
          CHECK(largest < 8000);
          CHECK(number < 60 + 30 * threads && 2 * number < first);
        }
      }
    }
  }
}

}  // namespace

int main() {
  return check::run({{"none per image", none_per_image},
                     {"none per image, filtered", none_per_image_filtered},
                     {"none per image on threads", none_per_image_on_threads},
                     {"none per shared image", none_per_shared_image},
                     {"the second stack", second_stack}});
}
