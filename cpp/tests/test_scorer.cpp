// SPDX-License-Identifier: MIT
// What a scorer says of images whose truth is known.
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "check.hpp"
#include "images.hpp"

namespace {

using images::Image;
using namespace ndreg_preeval;

constexpr Precision both[] = {Precision::single_, Precision::double_};

Options with(Precision precision) {
  Options options;
  options.precision = precision;
  return options;
}

bool same(const PairScore& a, const PairScore& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void shifts_are_found() {
  const Image reference = images::noise(32, 45, 1);
  for (const Precision precision : both) {
    const Scorer scorer(reference.view(), with(precision));
    for (const auto& [down, right] :
         {std::pair{0, 0}, {1, 0}, {0, -1}, {5, -7}, {-16, 22}, {15, -22}}) {
      const Image clean = images::rolled(reference, down, right);
      const PairScore score = scorer.score({clean.view()})[0];
      // The shift that brings the image back, as scikit-image counts.
      CHECK(std::abs(score.peak_dy) == std::abs(down) && (score.peak_dy == -down || down == -16));
      CHECK(score.peak_dx == -right);
      CHECK_NEAR(score.peak, images::copy_peak(reference), 1e-5);
      CHECK_NEAR(score.shift_x, -right, 1e-3);
      // Half an image away, nothing is left of it under a window.
      if (std::abs(down) < 8) CHECK(score.confirmation > 3 && score.probability > 0.8);
      CHECK(score.p_value < 1e-9);
      CHECK(((score.flags & identical) != 0) == (down == 0 && right == 0));

      const Image dirty = images::sum(clean, images::noise(32, 45, 2), 1.0);
      const PairScore noisy = scorer.score({dirty.view()})[0];
      CHECK(noisy.peak_dx == -right && noisy.peak < 0.9 && noisy.peak > noisy.second_peak);
    }
  }
}

void subpixel_shifts() {
  const Image reference = images::blobs(40, 48, 3);
  const Image image = images::blobs(40, 48, 3, 2.3, -4.4);
  Options options;
  options.aligner = images::filter(Window::none, 0.1);
  const PairScore score = Scorer(reference.view(), options).score({image.view()})[0];
  CHECK_NEAR(score.shift_y, -2.3, 0.1);
  CHECK_NEAR(score.shift_x, 4.4, 0.1);
}

void unrelated_images_deserve_no_trust() {
  const Image reference = images::noise(40, 40, 1);
  const Scorer scorer(reference.view());
  int trusted = 0;
  int surprising = 0;
  for (std::uint32_t seed = 100; seed < 140; ++seed) {
    const PairScore score = scorer.score({images::noise(40, 40, seed).view()})[0];
    trusted += score.probability > 0.5 ? 1 : 0;
    surprising += score.p_value < 0.01 ? 1 : 0;
    CHECK(score.peak < 0.3);
  }
  CHECK(trusted <= 2);
  CHECK(surprising <= 3);
}

void consecutive_images() {
  std::vector<Image> stack{images::noise(24, 30, 7)};
  for (std::uint32_t i = 1; i < 6; ++i) {
    stack.push_back(
        images::sum(images::rolled(stack.back(), 1, -2), images::noise(24, 30, i), 0.2));
  }
  for (const Precision precision : both) {
    const Scorer scorer(stack[0].view(), with(precision));
    const auto scores = scorer.score_consecutive(images::views(stack));
    CHECK(scores.size() == stack.size() - 1);
    for (std::size_t i = 0; i + 1 < stack.size(); ++i) {
      // As from a scorer of its own.
      const Scorer own(stack[i].view(), with(precision));
      CHECK(same(scores[i], own.score({stack[i + 1].view()})[0]));
      CHECK(scores[i].peak_dy == -1 && scores[i].peak_dx == 2);
    }
  }
  const Scorer scorer(stack[0].view());
  CHECK(scorer.score_consecutive({}).empty());
  CHECK(scorer.score_consecutive({stack[0].view()}).empty());
  CHECK(scorer.score({}).empty());
}

void consecutive_with_a_blank_image() {
  const Image first = images::noise(16, 16, 1);
  const std::vector<Image> stack{first, images::constant(16, 16, 3), first, first};
  const Scorer scorer(first.view());
  const auto scores = scorer.score_consecutive(images::views(stack));
  CHECK(scores[0].peak == 0 && (scores[0].flags & no_contrast) != 0);
  // The flags are the image's own: here the one before it is blank.
  CHECK(scores[1].peak == 0 && scores[1].p_value == 1 && (scores[1].flags & no_contrast) == 0);
  CHECK_NEAR(scores[2].peak, images::copy_peak(first), 1e-9);
}

void max_shift_limits_the_search() {
  const Image reference = images::noise(30, 30, 1);
  const Image image = images::rolled(reference, 6, -3);
  Options options;
  for (const double most : {0.0, 3.0, 5.9}) {
    options.max_shift = most;
    const PairScore score = Scorer(reference.view(), options).score({image.view()})[0];
    CHECK(std::abs(score.peak_dy) <= most && std::abs(score.peak_dx) <= most);
    CHECK(score.peak < 0.5);
    CHECK((score.flags & beyond_limit) != 0 && score.beyond_max_shift == 6);
    CHECK(score.probability < 0.5);
  }
  for (const double most : {6.0, 15.0, 1e300}) {
    options.max_shift = most;
    const PairScore score = Scorer(reference.view(), options).score({image.view()})[0];
    CHECK(score.peak_dy == -6 && score.peak_dx == 3);
    CHECK((score.flags & beyond_limit) == 0 && score.beyond_max_shift == 0);
  }
}

void nothing_to_see() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Image good = images::noise(20, 21, 1);
  for (const Precision precision : both) {
    const Scorer scorer(good.view(), with(precision));
    for (const double value : {0.0, 1.0, -7.25, 0.1, 1e300, 1e-300, 255.0}) {
      const Image flat = images::constant(20, 21, value);
      const PairScore score = scorer.score({flat.view()})[0];
      PairScore expected;
      expected.flags = no_contrast;
      CHECK(same(score, expected));
      const Scorer blind(flat.view(), with(precision));
      CHECK(blind.reference_flags() == no_contrast);
      CHECK(blind.score({good.view()})[0].peak == 0);
      CHECK(blind.score({flat.view()})[0].peak == 0);
      CHECK(blind.correlogram(good.view()) == std::vector<double>(good.size(), 0.0));
    }
    const Image empty = images::constant(20, 21, nan);
    const PairScore score = scorer.score({empty.view()})[0];
    CHECK(score.flags == all_invalid && score.invalid_pixels == 420 && score.p_value == 1);
    CHECK(score.peak == 0 && score.probability == 0);
    const Scorer blind(empty.view(), with(precision));
    CHECK(blind.reference_flags() == all_invalid && blind.reference_invalid_pixels() == 420);
    CHECK(blind.score({good.view()})[0].peak == 0);
  }
}

void one_valid_pixel() {
  Image image = images::constant(6, 6, std::numeric_limits<double>::quiet_NaN());
  image.at(3, 3) = 5;
  const Image good = images::noise(6, 6, 1);
  const PairScore score = Scorer(good.view()).score({image.view()})[0];
  CHECK(score.flags == no_contrast && score.invalid_pixels == 35);
}

void few_levels_are_told() {
  const Image reference = images::noise(12, 12, 1);
  const Scorer scorer(reference.view());
  const auto flags_with = [&](int levels) {
    Image image = reference;
    for (double& pixel : image.pixels) pixel = std::floor(pixel * levels);
    return scorer.score({image.view()})[0].flags;
  };
  CHECK((flags_with(2) & few_levels) != 0);
  CHECK((flags_with(3) & few_levels) != 0);
  CHECK((flags_with(4) & few_levels) == 0);
}

void identical_up_to_brightness_and_contrast() {
  const Image reference = images::noise(16, 18, 1);
  Image other = reference;
  for (double& pixel : other.pixels) pixel = 100 + 3 * pixel;
  for (const bool keep_mean : {false, true}) {
    for (const Filter& filter : {Filter{}, images::filter(Window::hann, 0.15)}) {
      Options options;
      options.keep_mean = keep_mean;
      options.aligner = filter;
      const Scorer scorer(reference.view(), options);
      CHECK((scorer.score({other.view()})[0].flags & identical) != 0);
      const Image noisy = images::sum(other, images::noise(16, 18, 2), 0.5);
      CHECK((scorer.score({noisy.view()})[0].flags & identical) == 0);
    }
  }
}

// Of plain correlograms only the unfiltered ones know.
void identical_by_plain_correlation() {
  const Image reference = images::noise(16, 18, 1);
  Image other = reference;
  for (double& pixel : other.pixels) pixel = 100 + 3 * pixel;
  const Image nearly = images::sum(other, images::noise(16, 18, 2), 0.05);
  Options options;
  options.normalization = Normalization::none;
  for (const Precision precision : {Precision::single_, Precision::double_}) {
    options.precision = precision;
    for (const bool keep_mean : {false, true}) {
      options.keep_mean = keep_mean;
      const auto scores = Scorer(reference.view(), options).score({other.view(), nearly.view()});
      CHECK_NEAR(scores[0].peak, 1, 1e-5);
      CHECK(scores[1].peak > 0.999);
      CHECK((scores[0].flags & identical) != 0);
      CHECK((scores[1].flags & identical) == 0);
    }
  }
}

// Aligners that keep the means go to the highest coefficient where these are positive, to the
// lowest where their product is negative.
void means_decide_the_sign() {
  const Image reference = images::noise(24, 20, 1);
  const Image negative = images::rolled(reference, 2, 3);
  const auto peak_of = [&](double offset, bool keep_mean) {
    Image image = negative;
    for (double& pixel : image.pixels) pixel = offset - pixel;
    Options options;
    options.normalization = Normalization::none;
    options.keep_mean = keep_mean;
    return Scorer(reference.view(), options).score({image.view()})[0];
  };
  CHECK(peak_of(1000, false).peak_dy == -2 && peak_of(1000, false).peak_dx == -3);
  CHECK(peak_of(-1000, true).peak_dy == -2 && peak_of(-1000, true).peak_dx == -3);
  CHECK_NEAR(peak_of(-1000, true).peak, 1, 1e-9);
  CHECK(peak_of(1000, true).peak_dy != -2 || peak_of(1000, true).peak_dx != -3);
  CHECK(peak_of(1000, true).peak < 0.5);
  CHECK_NEAR(peak_of(1000, true).rms, peak_of(1000, false).rms, 1e-9);
}

void hot_pixels_can_be_left_out() {
  Image reference = images::noise(20, 24, 1);
  Image image = images::rolled(reference, 3, -4);
  reference.at(5, 6) = image.at(5, 6) = 1e4;
  Options options;
  const PairScore fooled = Scorer(reference.view(), options).score({image.view()})[0];
  CHECK(fooled.peak_dy == 0 && fooled.peak_dx == 0 && (fooled.flags & hot_pixel) == 0);
  CHECK(fooled.probability > 0.1);
  options.ignore_hot_pixel = true;
  for (const Precision precision : both) {
    options.precision = precision;
    const Scorer scorer(reference.view(), options);
    const PairScore score = scorer.score({image.view()})[0];
    CHECK(score.peak_dy == -3 && score.peak_dx == 4 && (score.flags & hot_pixel) != 0);
    // Aligners follow the pixel.
    CHECK(score.invalid_pixels == 0 && score.probability > 0.01 && score.probability < 0.021);
    // Where nothing moved, it does no harm.
    const PairScore rest = scorer.score({reference.view()})[0];
    CHECK(rest.peak_dy == 0 && (rest.flags & hot_pixel) != 0 && rest.probability > 0.1);
    CHECK(same(scorer.score_consecutive({reference.view(), image.view()})[0], score));
    // One that moves with the scene belongs to it.
    Image moving = images::rolled(reference, 3, -4);
    const PairScore moved = scorer.score({moving.view()})[0];
    CHECK(moved.peak_dy == -3 && moved.peak_dx == 4 && (moved.flags & hot_pixel) == 0);
  }
}

void the_reference_is_copied_unless_it_stays() {
  const Image before = images::noise(20, 24, 1);
  Image image = images::rolled(before, 3, -4);
  Image reference = before;
  reference.at(5, 6) = image.at(5, 6) = 1e4;
  Options options;
  options.ignore_hot_pixel = true;
  RunOptions stays;
  stays.reference_stays = true;
  const Scorer lent(reference.view(), options, stays);
  const Scorer copied(reference.view(), options);
  const PairScore score = copied.score({image.view()})[0];
  CHECK((score.flags & hot_pixel) != 0);
  CHECK(same(lent.score({image.view()})[0], score));
  reference.pixels = before.pixels;
  CHECK(same(copied.score({image.view()})[0], score));
}

Image enlarged(const Image& image, std::size_t high, std::size_t wide) {
  Image large = images::constant(image.height * high, image.width * wide, 0);
  for (std::size_t y = 0; y < large.height; ++y) {
    for (std::size_t x = 0; x < large.width; ++x) {
      large.pixels[y * large.width + x] = image.pixels[y / high * image.width + x / wide];
    }
  }
  return large;
}

void repeated_pixels_are_told_where_images_are_distrusted() {
  const Image first = images::noise(16, 20, 1);
  const Image other = images::noise(16, 20, 2);
  for (const std::size_t high : {1U, 2U, 5U}) {
    for (const std::size_t wide : {1U, 3U, 4U}) {
      const Image reference = enlarged(first, high, wide);
      const Image image = enlarged(other, high, wide);
      Options options;
      const PairScore score = Scorer(reference.view(), options).score({image.view()})[0];
      CHECK(score.probability < 0.5);
      const auto blocks = static_cast<std::uint32_t>(high << 16U | wide << 24U);
      CHECK(score.flags == (high * wide == 1 ? 0 : repeated_pixels | blocks));
      options.confirm = false;
      CHECK(Scorer(reference.view(), options).score({image.view()})[0].flags == 0);
    }
  }
  // Edges of a later row may lie before those of the first one.
  Image late = images::noise(16, 20, 3);
  for (std::size_t x = 0; x < 4; ++x) late.pixels[x] = 0;
  const Image large_late = enlarged(late, 3, 3);
  CHECK(Scorer(large_late.view(), Options{}).score({enlarged(other, 3, 3).view()})[0].flags ==
        (repeated_pixels | 3U << 16U | 3U << 24U));
  const Image large = enlarged(first, 2, 2);
  const PairScore trusted =
      Scorer(large.view(), Options{}).score({images::rolled(large, 4, 6).view()})[0];
  CHECK(trusted.probability > 0.5 && trusted.flags == 0);
}

void enlarged_maps_are_judged_as_they_were_measured() {
  const Image first = images::noise(40, 48, 4);
  Image other = images::rolled(first, 3, -5);
  const Image noise = images::noise(40, 48, 5);
  for (std::size_t i = 0; i < other.pixels.size(); ++i) other.pixels[i] += 4 * noise.pixels[i];
  const PairScore map = Scorer(first.view(), Options{}).score({other.view()})[0];
  int judged = 0;
  for (const std::size_t high : {1U, 2U, 4U}) {
    for (const std::size_t wide : {2U, 3U, 5U}) {
      const Image reference = enlarged(first, high, wide);
      const Image image = enlarged(other, high, wide);
      const PairScore score = Scorer(reference.view(), Options{}).score({image.view()})[0];
      const double dy = (map.shift_y - map.peak_dy) * static_cast<double>(high);
      const double dx = (map.shift_x - map.peak_dx) * static_cast<double>(wide);
      CHECK(score.peak_dy == map.peak_dy * static_cast<int>(high));
      CHECK(score.peak_dx == map.peak_dx * static_cast<int>(wide));
      if ((score.flags & repeated_pixels) == 0) continue;
      ++judged;
      const double wanted = map.probability / (1 + std::pow(std::hypot(dy, dx) / 0.75, 2.5));
      CHECK_NEAR(score.probability, wanted, 1e-9);
      CHECK_NEAR(score.probability_masked, wanted, 1e-9);
    }
  }
  CHECK(judged > 3);
}

// Faint images on a bright background, as far as doubles can tell their pixels apart.
void large_offsets() {
  const Image reference = images::noise(40, 41, 1);
  for (const double offset : {1e3, 1e6, 1e9, -1e11}) {
    Image first = reference;
    for (double& pixel : first.pixels) pixel += offset;
    const Image second = images::rolled(first, -7, 9);
    for (const Precision precision : both) {
      const PairScore score = Scorer(first.view(), with(precision)).score({second.view()})[0];
      CHECK(score.peak_dy == 7 && score.peak_dx == -9 && score.peak > 0.9);
    }
  }
}

void invalid_pixels_can_be_refused() {
  Options options;
  options.accept_invalid = false;
  const Image good = images::noise(8, 8, 1);
  Image bad = good;
  bad.at(2, 2) = std::numeric_limits<double>::infinity();
  const Scorer scorer(good.view(), options);
  CHECK(scorer.score({good.view()})[0].invalid_pixels == 0);
  CHECK_THROWS(std::invalid_argument, scorer.score({good.view(), bad.view()}), "image 1", "valid",
               "1 are");
  CHECK_THROWS(std::invalid_argument, scorer.correlogram(bad.view()), "the image", "valid");
  CHECK_THROWS(std::invalid_argument, scorer.score_consecutive({good.view(), bad.view()}),
               "image 1");
  CHECK_THROWS(std::invalid_argument, scorer.score_consecutive({bad.view(), good.view()}),
               "image 0");
  CHECK_THROWS(std::invalid_argument, Scorer(bad.view(), options), "the reference image");
  CHECK(scorer.score({good.view()})[0].invalid_pixels == 0);  // and it goes on
}

void correlogram_agrees_with_the_score() {
  const Image reference = images::noise(14, 23, 1);
  const Image image = images::sum(images::rolled(reference, -4, 9), images::noise(14, 23, 2), 0.5);
  for (const Precision precision : both) {
    const Scorer scorer(reference.view(), with(precision));
    const PairScore score = scorer.score({image.view()})[0];
    const auto r = scorer.correlogram(image.view());
    CHECK(r.size() == image.size());
    CHECK(r[4 * 23 + 23 - 9] == score.peak);
    CHECK(r[0] == score.zero_peak);
    CHECK(*std::max_element(r.begin(), r.end()) == score.peak);
  }
}

void without_a_second_opinion() {
  const Image image = images::noise(16, 16, 1);
  Options options;
  options.confirm = false;
  const Scorer scorer(image.view(), options);
  const PairScore score = scorer.score({image.view()})[0];
  CHECK(score.peak > 0.99 && score.confirmation == 0 && score.probability == 0);
  CHECK_THROWS(std::invalid_argument, scorer.correlogram(image.view(), true), "confirm");
}

void a_scorer_tells_what_it_is() {
  Options options;
  options.max_shift = 4;
  options.precision = Precision::single_;
  Scorer first(images::noise(7, 9, 1).view(), options);
  const Scorer scorer = std::move(first);
  CHECK(scorer.height() == 7 && scorer.width() == 9);
  CHECK(scorer.options().max_shift == 4 && scorer.options().precision == Precision::single_);
  CHECK(scorer.reference_invalid_pixels() == 0 && scorer.reference_flags() == 0);
  CHECK_NEAR(peak_to_mean(PairScore{}), 0, 0);
  PairScore score;
  score.peak = 0.5;
  score.mean = 0.25;
  CHECK_NEAR(peak_to_mean(score), 2, 0);
}

}  // namespace

int main() {
  return check::run(
      {{"shifts are found", shifts_are_found},
       {"subpixel shifts", subpixel_shifts},
       {"unrelated images deserve no trust", unrelated_images_deserve_no_trust},
       {"consecutive images", consecutive_images},
       {"consecutive with a blank image", consecutive_with_a_blank_image},
       {"max_shift limits the search", max_shift_limits_the_search},
       {"nothing to see", nothing_to_see},
       {"one valid pixel", one_valid_pixel},
       {"few levels are told", few_levels_are_told},
       {"identical up to brightness and contrast", identical_up_to_brightness_and_contrast},
       {"identical by plain correlation", identical_by_plain_correlation},
       {"means decide the sign", means_decide_the_sign},
       {"hot pixels can be left out", hot_pixels_can_be_left_out},
       {"the reference is copied unless it stays", the_reference_is_copied_unless_it_stays},
       {"repeated pixels are told where images are distrusted",
        repeated_pixels_are_told_where_images_are_distrusted},
       {"enlarged maps are judged as they were measured",
        enlarged_maps_are_judged_as_they_were_measured},
       {"large offsets", large_offsets},
       {"invalid pixels can be refused", invalid_pixels_can_be_refused},
       {"correlogram agrees with the score", correlogram_agrees_with_the_score},
       {"without a second opinion", without_a_second_opinion},
       {"a scorer tells what it is", a_scorer_tells_what_it_is}});
}
