// SPDX-License-Identifier: MIT
// Every number of a PairScore and every pixel of a correlogram, against their definitions.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "oracle.hpp"

namespace {

using images::Image;
using namespace ndreg_preeval;

double tolerance(const Options& options) {
  return options.precision == Precision::double_ ? 1e-11 : 2e-4;
}

void compare_correlograms(const Image& reference, const Image& image, const Options& options) {
  const Scorer scorer(reference.view(), options);
  const auto got = scorer.correlogram(image.view());
  const auto expected = oracle::followed(reference, image, options).r;
  CHECK(got.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    worst = std::max(worst, std::abs(got[i] - expected[i]));
  }
  CHECK_NEAR(worst, 0, tolerance(options));
}

// Whether the highest value stands out: else rounding chooses among equals.
bool clear_peak(const Image& reference, const Image& image, const Options& options) {
  auto r = oracle::followed(reference, image, options).r;
  std::sort(r.begin(), r.end());
  return r.size() < 2 || r[r.size() - 1] > 1.001 * r[r.size() - 2];
}

void compare_scores(const Image& reference, const Image& image, const Options& options) {
  const Scorer scorer(reference.view(), options);
  const PairScore got = scorer.score({image.view()})[0];
  const PairScore expected = oracle::score(reference, image, options);
  const double allowed = tolerance(options);
  CHECK_NEAR(got.peak, expected.peak, allowed);
  CHECK_NEAR(got.mean, expected.mean, allowed);
  CHECK_NEAR(got.rms, expected.rms, allowed);
  CHECK_NEAR(got.second_peak, expected.second_peak, allowed);
  CHECK_NEAR(got.zero_peak, expected.zero_peak, allowed);
  CHECK_NEAR(got.p_value, expected.p_value, 100 * allowed);
  if ((got.flags & beyond_limit) == 0) {
    CHECK_NEAR(got.probability, expected.probability, 100 * allowed);
  } else {
    Options free = options;
    free.max_shift = std::numeric_limits<double>::infinity();
    const PairScore farther = oracle::score(reference, image, free);
    CHECK(got.probability <= expected.probability + 100 * allowed);
    CHECK(options.confirm ? farther.probability > 0.49 : farther.p_value < 0.011);
    CHECK(got.beyond_max_shift > options.max_shift);
  }
  CHECK_NEAR(got.opinion, expected.opinion, allowed);
  CHECK_NEAR(got.opinion_rms, expected.opinion_rms, allowed);
  CHECK_NEAR(got.opinion_second, expected.opinion_second, allowed);
  CHECK_NEAR(got.opinion_moved, expected.opinion_moved, allowed);
  CHECK_NEAR(got.opinion_zero, expected.opinion_zero, allowed);
  CHECK_NEAR(got.confirmation, expected.confirmation, 1000 * allowed * (1 + expected.confirmation));
  CHECK(got.invalid_pixels == expected.invalid_pixels);
}

void compare(const Image& reference, const Image& image, const Options& options) {
  compare_correlograms(reference, image, options);
  if (clear_peak(reference, image, options)) compare_scores(reference, image, options);
}

// 1 x 1 to 9 x 9 pixels: even, odd, shorter and longer than the window, than a group of lanes.
template <class Change>
void for_small_sizes(Change&& change) {
  for (std::size_t height = 1; height <= 9; ++height) {
    for (std::size_t width = 1; width <= 9; ++width) {
      const auto seed = static_cast<std::uint32_t>(100 * height + width);
      const Image reference = images::noise(height, width, seed);
      const Image image = images::sum(images::rolled(reference, 1, -2),
                                      images::noise(height, width, seed + 7), 0.3);
      for (const Precision precision : {Precision::single_, Precision::double_}) {
        Options options;
        options.precision = precision;
        change(options);
        compare(reference, image, options);
      }
    }
  }
}

void small_sizes() {
  for_small_sizes([](Options&) {});
}

void small_sizes_ratio() {
  for_small_sizes([](Options& options) {
    options.opinion = images::filter(Window::hann, 0.15);
    options.judgement = Judgement::ratio;
  });
}

void small_sizes_filtered() {
  for_small_sizes([](Options& options) {
    options.aligner = images::filter(Window::hann, 0.3);
    options.opinion = images::filter(Window::none, 0.2);
  });
}

void small_sizes_cutoff_only() {
  for_small_sizes([](Options& options) {
    options.aligner = images::filter(Window::none, 0.25);
    options.opinion = images::filter(Window::hann);
  });
}

void small_sizes_window_only() {
  for_small_sizes([](Options& options) {
    options.aligner.window = Window::hann;
    options.confirm = false;
  });
}

// Only one axis, or none, is long enough for the window.
void small_sizes_window_from() {
  for (const std::size_t from : {8U, 9U, 10U}) {
    for_small_sizes([from](Options& options) {
      options.aligner = images::filter(Window::hann, from == 9 ? 0.25 : 0.7);
      options.opinion.window_from = from;
      options.aligner.window_from = 17 - from;
      if (options.aligner.window_from < 8) options.aligner.window_from = 8;
    });
  }
}

void small_sizes_keep_mean() {
  for_small_sizes([](Options& options) { options.keep_mean = true; });
}

void small_sizes_plain() {
  for (const bool keep_mean : {false, true}) {
    for (const Filter& filter : {Filter{}, images::filter(Window::hann, 0.2)}) {
      for_small_sizes([&](Options& options) {
        options.normalization = Normalization::none;
        options.keep_mean = keep_mean;
        options.aligner = filter;
        options.max_shift = keep_mean ? 3 : 100;
      });
    }
  }
}

void small_sizes_max_shift() {
  for (const double most : {0.0, 1.0, 2.5, 4.0}) {
    for_small_sizes([most](Options& options) {
      options.max_shift = most;
      options.confirm = most < 3;
    });
  }
}

// Prime, long and narrow ones, where transforms take other ways.
void odd_sizes() {
  for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{1, 67},
                                      {67, 1},
                                      {2, 33},
                                      {31, 17},
                                      {16, 40},
                                      {37, 8},
                                      {8, 37},
                                      {9, 64}}) {
    const Image reference = images::noise(height, width, 5);
    const Image image =
        images::sum(images::rolled(reference, 3, 5), images::noise(height, width, 6), 0.4);
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      Options options;
      options.precision = precision;
      compare(reference, image, options);
      options.aligner.window = Window::hann;
      compare(reference, image, options);
      options.normalization = Normalization::none;
      compare(reference, image, options);
    }
  }
}

// Stripes have energy at few frequencies; what the others hold is rounding, and counts as nothing.
void rounding_noise() {
  for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{12, 15}, {21, 9}}) {
    const Image texture = images::noise(height, width, 1);
    Image rows = texture;
    Image columns = texture;
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        rows.at(y, x) = texture.at(y, 0);
        columns.at(y, x) = texture.at(0, x);
      }
    }
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      Options options;
      options.precision = precision;
      for (const Image& stripes : {rows, columns}) {
        compare_correlograms(texture, stripes, options);
        compare_correlograms(stripes, texture, options);
      }
      // No frequency in common: nothing at all.
      const PairScore score = Scorer(rows.view(), options).score({columns.view()})[0];
      CHECK(score.peak == 0 && score.mean == 0 && score.p_value == 1);
    }
  }
}

void second_opinion() {
  const Image reference = images::noise(11, 14, 1);
  const Image image = images::sum(images::rolled(reference, 2, 1), images::noise(11, 14, 2), 0.5);
  const Scorer scorer(reference.view());
  const auto got = scorer.correlogram(image.view(), true);
  const auto expected = oracle::correlogram(reference, image, Options{}.opinion);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK_NEAR(got[i], expected[i], 1e-11);
}

// Invalid pixels count as the mean of the valid ones.
void invalid_pixels() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Image reference = images::noise(9, 10, 3);
  Image image = images::rolled(reference, 1, 1);
  reference.at(0, 0) = nan;
  reference.at(8, 9) = -infinity;
  image.at(4, 4) = infinity;
  compare(reference, image, {});
  const Scorer scorer(reference.view());
  CHECK(scorer.reference_invalid_pixels() == 2);
  CHECK(scorer.score({image.view()})[0].invalid_pixels == 1);
}

// Neither offset nor scale matters, as long as the pixels can tell their differences.
void scales() {
  const Image reference = images::noise(12, 10, 8);
  const Image image = images::sum(images::rolled(reference, -3, 2), images::noise(12, 10, 9), 0.3);
  const PairScore plain = Scorer(reference.view()).score({image.view()})[0];
  for (const double scale : {1e-300, 1e-140, 1e-12, 3.0, 1e12, 1e140, 1e300}) {
    Image scaled = image;
    for (double& pixel : scaled.pixels) pixel *= scale;
    Image scaled_reference = reference;
    for (double& pixel : scaled_reference.pixels) pixel *= -scale;
    const PairScore score = Scorer(scaled_reference.view()).score({scaled.view()})[0];
    CHECK_NEAR(score.peak, plain.peak, 1e-11);
    CHECK_NEAR(score.mean, plain.mean, 1e-11);
    CHECK(score.peak_dy == plain.peak_dy && score.peak_dx == plain.peak_dx);
    CHECK_NEAR(score.probability, plain.probability, 1e-9);
  }
  // Near the largest numbers there are, of both signs.
  Image extreme = image;
  for (double& pixel : extreme.pixels) pixel = (pixel - 0.6) * 1e308;
  const PairScore score = Scorer(reference.view()).score({extreme.view()})[0];
  CHECK_NEAR(score.peak, plain.peak, 1e-11);
}

}  // namespace

int main() {
  return check::run({{"small sizes", small_sizes},
                     {"small sizes, ratio", small_sizes_ratio},
                     {"small sizes, filtered", small_sizes_filtered},
                     {"small sizes, cutoff only", small_sizes_cutoff_only},
                     {"small sizes, window only", small_sizes_window_only},
                     {"small sizes, window_from", small_sizes_window_from},
                     {"small sizes, keep_mean", small_sizes_keep_mean},
                     {"small sizes, plain", small_sizes_plain},
                     {"small sizes, max_shift", small_sizes_max_shift},
                     {"odd sizes", odd_sizes},
                     {"rounding noise", rounding_noise},
                     {"second opinion", second_opinion},
                     {"invalid pixels", invalid_pixels},
                     {"scales", scales}});
}
