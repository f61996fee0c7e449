// SPDX-License-Identifier: MIT
// Threads that share the work on one image change nothing but the time it takes.
#include <cstring>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "runs.hpp"

namespace {

using images::Image;
using runs::drifting;
using runs::on;
using runs::same;
using namespace ndreg_preeval;

#if defined(SANITIZED)
constexpr bool patient = false;
#else
constexpr bool patient = true;
#endif

// Windows on either axis or both, on the aligner's correlogram, the other, or none: rows between
// the threads' shares are then needed by both.
std::vector<Options> many_options() {
  std::vector<Options> all(9);
  all[1].aligner = images::filter(Window::hann, 0.3);
  all[1].confirm = false;
  all[2].aligner = images::filter(Window::hann);
  all[2].opinion = images::filter(Window::none, 0.2);
  all[3].aligner = images::filter(Window::hann, 0.25);
  all[3].aligner.window_from = 600;  // of 520 x 700 and 1031 x 523 pixels: one axis
  all[3].opinion.window_from = 600;
  all[3].keep_mean = true;
  all[4].opinion = images::filter(Window::none);
  all[4].max_shift = 20;
  all[5].confirm = false;
  all[6].normalization = Normalization::none;
  all[6].keep_mean = true;
  all[7].normalization = Normalization::none;
  all[7].aligner = images::filter(Window::hann, 0.3);
  all[8].ignore_hot_pixel = true;
  return all;
}

// Everything that a scorer says of one image.
struct Answer {
  Answer(const Image& reference, const Image& image, const Options& options, int threads) {
    const Scorer scorer(reference.view(), options, on(threads));
    scores = scorer.score({image.view()}, on(threads));
    const auto pairs =
        scorer.score_consecutive({image.view(), reference.view(), image.view()}, on(threads));
    scores.insert(scores.end(), pairs.begin(), pairs.end());
    r = scorer.correlogram(image.view(), false, on(threads));
    if (options.confirm) opinion = scorer.correlogram(image.view(), true, on(threads));
  }
  bool operator==(const Answer& other) const {
    return same(scores, other.scores) && r == other.r && opinion == other.opinion;
  }

  std::vector<PairScore> scores;
  std::vector<double> r;
  std::vector<double> opinion;
};

// Two images, and what makes them hard: pixels that outshine them, or are no numbers.
void compare_one_image(std::size_t height, std::size_t width, const std::vector<Options>& all,
                       std::initializer_list<int> thread_counts) {
  Image reference = images::noise(height, width, 1);
  Image image = images::sum(images::rolled(reference, 3, -5), images::noise(height, width, 2), 0.5);
  for (Options options : all) {
    if (options.ignore_hot_pixel) {
      reference.at(7, 9) = image.at(7, 9) = 1e6;
      image.at(1, 1) = std::numeric_limits<double>::quiet_NaN();
    }
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      options.precision = precision;
      const Answer expected(reference, image, options, 1);
      CHECK(expected.scores[0].peak_dy == -3 && expected.scores[0].peak_dx == 5);
      for (const int threads : thread_counts) {
        CHECK(Answer(reference, image, options, threads) == expected);
      }
    }
  }
}

void one_image_of_700_rows() {
  if (patient) {
    compare_one_image(700, 520, many_options(), {2, 3, 5, 8});
  } else {
    compare_one_image(700, 520, many_options(), {3});
  }
}

// Transforms that are convolutions, and more frequencies than a whole number of vectors.
void one_image_of_prime_size() {
  const auto options = many_options();
  compare_one_image(1031, 523, {options[3]}, {6, 8});
  compare_one_image(1009, 257, {options[0], options[6], options[8]}, {3});
}

void one_large_image() {
  if (patient) {
    compare_one_image(2048, 1024, {many_options()[2]}, {2, 7});
  } else {
    compare_one_image(2048, 1024, {Options{}}, {4});
  }
}

// Short ones have fewer frequencies than there are shares.
void one_wide_image() { compare_one_image(9, 60000, {many_options()[2]}, {8}); }

// What remains when images are dealt out is shared; some of them are odd.
void the_rest_is_shared() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Image> stack = drifting(9, 520, 700);
  stack[3].at(100, 200) = nan;
  stack[4] = images::constant(520, 700, nan);
  stack[6] = images::constant(520, 700, 3);
  stack[8].at(5, 5) = std::numeric_limits<double>::infinity();
  const auto views = images::views(stack);
  for (const Precision precision : {Precision::single_, Precision::double_}) {
    Options options;
    options.precision = precision;
    const Scorer scorer(stack[0].view(), options);
    const auto expected = scorer.score(views, on(1));
    const auto expected_pairs = scorer.score_consecutive(views, on(1));
    for (const std::size_t count : {1U, 3U, 5U, 6U, 9U}) {
      const auto end = static_cast<std::ptrdiff_t>(count);
      const std::vector<ImageView> some(views.begin(), views.begin() + end);
      const std::vector<PairScore> scores(expected.begin(), expected.begin() + end);
      const std::vector<PairScore> pairs(expected_pairs.begin(), expected_pairs.begin() + end - 1);
      for (const int threads : {2, 4}) {
        CHECK(same(scorer.score(some, on(threads)), scores));
        CHECK(same(scorer.score_consecutive(some, on(threads)), pairs));
      }
    }
  }
}

// Errors name the image, whoever works on it; the first of several.
void errors_name_the_image() {
  const Image good = images::noise(512, 520, 1);
  Image bad = good;
  bad.at(511, 519) = std::numeric_limits<double>::quiet_NaN();
  Options options;
  options.accept_invalid = false;
  const Scorer scorer(good.view(), options);
  const auto with_bad = [&](std::size_t count, const std::vector<std::size_t>& places) {
    std::vector<ImageView> views(count, good.view());
    for (const std::size_t place : places) views[place] = bad.view();
    return views;
  };
  for (const int threads : {1, 2, 3, 4}) {
    for (const std::size_t place : {0U, 3U, 5U, 6U}) {
      const std::string name = "image " + std::to_string(place) + " must";
      CHECK_THROWS(std::invalid_argument, scorer.score(with_bad(7, {place}), on(threads)),
                   name.c_str());
      CHECK_THROWS(std::invalid_argument,
                   scorer.score_consecutive(with_bad(7, {place}), on(threads)), name.c_str());
      CHECK_THROWS(std::invalid_argument, scorer.score(with_bad(7, {place, 6}), on(threads)),
                   name.c_str());
    }
    CHECK_THROWS(std::invalid_argument, scorer.correlogram(bad.view(), false, on(threads)),
                 "the image must");
    CHECK_THROWS(std::invalid_argument, Scorer(bad.view(), options, on(threads)),
                 "the reference image must");
    CHECK(scorer.score(with_bad(5, {}), on(threads)).size() == 5);  // and it goes on
  }
}

}  // namespace

int main() {
  return check::run({{"one image of 700 rows", one_image_of_700_rows},
                     {"one image of prime size", one_image_of_prime_size},
                     {"one large image", one_large_image},
                     {"one wide image", one_wide_image},
                     {"the rest is shared", the_rest_is_shared},
                     {"errors name the image", errors_name_the_image}});
}
