// SPDX-License-Identifier: MIT
// Stacks by blocks and all at once: the same numbers, the right order, errors that name what is at
// fault.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "runs.hpp"

namespace {

using images::Image;
using images::views;
using runs::on;
using runs::same;
using namespace ndreg_preeval;

constexpr std::size_t height = 40;
constexpr std::size_t width = 36;

// A texture that moves by (1, -2) pixels from image to image, and noise that is new in each.
std::vector<Image> moving(double noise, std::uint32_t seed, std::size_t count = 5) {
  const Image texture = images::noise(height, width, seed);
  std::vector<Image> stack;
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = static_cast<std::ptrdiff_t>(i);
    const auto own = 1000 * seed + static_cast<std::uint32_t>(i);
    stack.push_back(images::sum(images::rolled(texture, step, -2 * step),
                                images::noise(height, width, own), noise));
  }
  return stack;
}

void methods_by_name() {
  CHECK(method_names().front() == "evidence");
  for (const std::string& name : method_names()) {
    const Method method = method_named(name);
    CHECK(method.options.confirm == (method.statistic == Statistic::probability));
  }
  CHECK(method_named("plain").options.normalization == Normalization::none);
  CHECK_THROWS(std::invalid_argument, method_named("best"),
               "method must be one of 'evidence', 'plain', 'robust', 'peak_to_mean', 'ewoksndreg', "
               "not 'best'");
  PairScore score;
  score.peak = 3;
  CHECK(statistic_of(score, Statistic::peak_to_mean) == 0);
  score.mean = 2;
  CHECK(statistic_of(score, Statistic::peak_to_mean) == 1.5);
  CHECK(statistic_of(score, Statistic::peak_minus_mean) == 1);
}

// The score is what the aggregate makes of the scorer's numbers.
void one_stack() {
  const std::vector<Image> stack = moving(0.6, 1);
  const std::vector<ImageView> all = views(stack);
  for (const std::string& name : method_names()) {
    const Method method = method_named(name);
    const Scorer scorer(all[0], method.options);
    const auto scores = scorer.score({all.begin() + 1, all.end()});
    std::vector<double> values;
    for (const PairScore& score : scores) values.push_back(statistic_of(score, method.statistic));
    const std::vector<double> compared = values;
    if (method.include_reference) {
      values.insert(values.begin(), statistic_of(scorer.score({all[0]})[0], method.statistic));
    }
    StackScorer stacked(all[0], method);
    const StackScore nothing = stacked.result();
    CHECK(!nothing.rankable() && nothing.score == 0);
    CHECK(method.options.confirm ? nothing.trust == 0 : std::isnan(nothing.trust));
    stacked.add({all.begin() + 1, all.end()});
    const StackScore found = stacked.result();
    CHECK(same(found.images, scores) && found.values == compared);
    const double score = aggregate(values, method.aggregation);
    CHECK(found.score == score && (!scores_are_chances(method) || score >= 0.05));
    CHECK(found.rankable() && has_evidence(found));
    CHECK(std::isnan(found.trust) != method.options.confirm);
  }
}

void hopeless_stacks() {
  CHECK(score_from_chance(0.05, {1}) == 0.05 && score_from_chance(0.7, {}) == 0.7);
  CHECK_NEAR(score_from_chance(0.049, {10, 30}), 0.05 * 15 / 45, 1e-15);
  CHECK(score_from_chance(0, {}) == 0 && score_from_chance(0.01, {5, 0}) == 0);
  CHECK(score_from_chance(0.01, {1e9}) < 0.05);
  CHECK_THROWS(std::invalid_argument, score_from_chance(std::nan(""), {1}), "must be finite");
  const std::vector<Image> noise = moving(50, 3);
  const Ranking ranking = rank_stacks({{"noise", views(noise)}});
  CHECK(ranking.stacks[0].trust < 0.05 && ranking.stacks[0].score > 0);
}

// Blocks change no bit, whatever is compared with what; the last image is remembered as it was.
void blocks() {
  std::vector<Image> stack = moving(0.6, 2, 7);
  stack[3].at(4, 5) = std::numeric_limits<double>::quiet_NaN();
  for (const Pairing pairing : {Pairing::reference, Pairing::previous}) {
    const std::vector<ImageView> all = views(stack);
    StackScorer at_once(all[0], method_named("evidence"), pairing);
    at_once.add({all.begin() + 1, all.end()});
    StackScorer one_by_one(all[0], method_named("evidence"), pairing);
    for (std::size_t i = 1; i < all.size(); ++i) {
      Image gone = stack[i];
      one_by_one.add({gone.view()});
      for (double& pixel : gone.pixels) pixel = 0;
    }
    one_by_one.add({});
    StackScorer moved = std::move(one_by_one);
    CHECK(same(moved.result().images, at_once.result().images));
    CHECK(moved.result().score == at_once.result().score);
    CHECK(moved.result().images[2].invalid_pixels == 1);
  }
}

// A view with strides, a mask and the other byte order is copied as it is.
void the_last_image_is_copied_as_it_is() {
  const std::size_t count = 4;
  std::vector<std::vector<float>> pixels;
  std::vector<std::vector<unsigned char>> masks;
  std::vector<ImageView> all;
  for (std::size_t i = 0; i < count; ++i) {
    const Image image = images::noise(height, width, static_cast<std::uint32_t>(i + 1));
    std::vector<float> some(2 * height * width);
    std::vector<unsigned char> mask(height * width, 1);
    for (std::size_t k = 0; k < image.size(); ++k) {
      some[2 * k] = static_cast<float>(image.pixels[k]);
      auto* bytes = reinterpret_cast<unsigned char*>(&some[2 * k]);
      std::reverse(bytes, bytes + sizeof(float));
    }
    mask[7 * i + 3] = 0;
    pixels.push_back(std::move(some));
    masks.push_back(std::move(mask));
  }
  for (std::size_t i = 0; i < count; ++i) {
    ImageView view = make_view(pixels[i].data(), height, width);
    view.row_stride = static_cast<std::ptrdiff_t>(2 * width * sizeof(float));
    view.column_stride = 2 * sizeof(float);
    view.swapped = true;
    view.mask = masks[i].data();
    view.mask_row_stride = static_cast<std::ptrdiff_t>(width);
    view.mask_column_stride = 1;
    all.push_back(view);
  }
  const Method method = method_named("evidence");
  StackScorer stacked(all[0], method, Pairing::previous);
  for (std::size_t i = 1; i < count; ++i) stacked.add({all[i]});
  const auto expected = Scorer(all[0], method.options).score_consecutive(all);
  CHECK(same(stacked.result().images, expected));
  CHECK(expected[0].invalid_pixels == 1);
}

void several_stacks() {
  const std::vector<Image> noisy = moving(20, 1);
  const std::vector<Image> good = moving(0.1, 2);
  const std::vector<Image> fair = moving(1.0, 3);
  const std::vector<Image> single = moving(0.1, 4, 1);
  std::vector<Image> dark = moving(0.1, 5);
  for (Image& image : dark) std::fill(image.pixels.begin(), image.pixels.end(), 3.0);
  const std::vector<Stack> stacks{{"single", views(single)}, {"dark", views(dark)},
                                  {"noisy", views(noisy)},   {"fair", views(fair)},
                                  {"good", views(good)},     {"good again", views(good)}};
  for (const std::string& name : method_names()) {
    const Ranking ranking = rank_stacks(stacks, method_named(name));
    CHECK(ranking.order == std::vector<std::size_t>({4, 5, 3, 2, 1, 0}));
    CHECK(ranking.stacks[4].score == ranking.stacks[5].score);
    CHECK(ranking.stacks[0].score == 0 && !ranking.stacks[0].rankable());
    CHECK(rank(ranking.stacks) == ranking.order);
    for (const int threads : {1, 2, 5}) {
      const Ranking again =
          rank_stacks(stacks, method_named(name), Pairing::reference, 0, on(threads));
      for (std::size_t i = 0; i < stacks.size(); ++i) {
        CHECK(same(again.stacks[i].images, ranking.stacks[i].images));
      }
    }
  }
}

// The score of a stack of which some images are blank, by the rule and from the records alone.
double expected_score(const StackScore& stack, const Method& method, const double* itself) {
  std::vector<double> all, some;
  double inverse = 0;
  for (std::size_t i = 0; i < stack.images.size(); ++i) {
    const bool seen = stack.images[i].rms > 0;
    all.push_back(seen ? stack.values[i] : 0);
    if (!seen) continue;
    some.push_back(stack.values[i]);
    inverse += stack.images[i].mean / stack.images[i].peak;
  }
  if (itself != nullptr) all.push_back(*itself);
  if (method.aggregation == Aggregation::mean) return aggregate(all, Aggregation::mean);
  if (some.empty()) return 0;
  const auto left = static_cast<double>(some.size());
  const double share = left / static_cast<double>(stack.images.size());
  const double score = aggregate(some, method.aggregation);
  const double h = left / inverse;
  return share * (scores_are_chances(method) && score < 0.05 ? 0.05 * h / (h + 30) : score);
}

// One blank image lowers the score by its share; the trust is that of the others.
void images_without_evidence() {
  for (const double level : {0.0, std::numeric_limits<double>::quiet_NaN()}) {
    for (const Pairing pairing : {Pairing::reference, Pairing::previous}) {
      for (const std::string& name : method_names()) {
        const Method method = method_named(name);
        const bool previous = pairing == Pairing::previous;
        for (const double noise : {0.3, 20.0}) {
          std::vector<Image> stack = moving(noise, 4, 7);
          std::fill(stack[3].pixels.begin(), stack[3].pixels.end(), level);
          const StackScore found = rank_stacks({{"a", views(stack)}}, method, pairing).stacks[0];
          CHECK(found.judged() == (previous ? 4U : 5U) && has_evidence(found));
          CHECK(!has_evidence(found.images[2]) && has_evidence(found.images[3]) != previous);
          double itself = 0;
          if (method.include_reference && !previous) {
            const PairScore own =
                Scorer(stack[0].view(), method.options).score({stack[0].view()})[0];
            itself = statistic_of(own, method.statistic);
          }
          const bool enters = method.include_reference && !previous;
          CHECK_NEAR(found.score, expected_score(found, method, enters ? &itself : nullptr), 1e-12);
          CHECK(found.score > 0);
          if (previous) continue;
          std::vector<Image> without = stack;
          without.erase(without.begin() + 3);
          const StackScore rest = rank_stacks({{"a", views(without)}}, method).stacks[0];
          CHECK(found.trust == rest.trust || !method.options.confirm);
        }
      }
    }
  }
  std::vector<Image> dark = moving(0.1, 5, 4);
  std::fill(dark[0].pixels.begin(), dark[0].pixels.end(), 1.0);
  const StackScore nothing = rank_stacks({{"dark", views(dark)}}).stacks[0];
  CHECK(nothing.score == 0 && nothing.trust == 0 && nothing.judged() == 0);
  CHECK(!has_evidence(nothing) && nothing.images[0].flags == 0);
}

void reference_image() {
  const std::vector<Image> stack = moving(0.3, 6);
  const std::vector<ImageView> all = views(stack);
  const Method method = method_named("evidence");
  const Ranking middle = rank_stacks({{"a", all}}, method, Pairing::reference, 2);
  const auto expected = Scorer(all[2], method.options).score({all[0], all[1], all[3], all[4]});
  CHECK(same(middle.stacks[0].images, expected));
  CHECK(expected[0].peak_dy == 2 && expected[2].peak_dy == -1);
  const Ranking last = rank_stacks({{"a", all}}, method, Pairing::reference, -1);
  CHECK(last.stacks[0].images[0].peak_dy == 4);
  CHECK_THROWS(std::invalid_argument, rank_stacks({{"a", all}}, method, Pairing::reference, 5),
               "stack 'a': reference_image 5 is outside its 5 images");
  CHECK_THROWS(std::invalid_argument, rank_stacks({{"a", all}}, method, Pairing::reference, -6),
               "-6 is outside");
  const Ranking steps = rank_stacks({{"a", all}}, method, Pairing::previous, 77);
  CHECK(same(steps.stacks[0].images, Scorer(all[0], method.options).score_consecutive(all)));
}

void errors_name_the_stack_and_the_image() {
  std::vector<Image> stack = moving(0.3, 7);
  const std::vector<Image> other = moving(0.3, 8);
  CHECK_THROWS(std::invalid_argument, rank_stacks({}), "no stack can be ranked");
  CHECK_THROWS(std::invalid_argument, rank_stacks({{"a", {stack[0].view()}}}), "each needs two");
  std::vector<ImageView> odd = views(stack);
  odd[3].height = 7;
  CHECK_THROWS(std::invalid_argument, rank_stacks({{"ok", views(other)}, {"odd", odd}}),
               "stack 'odd': image 3 must have the shape of the reference image");
  CHECK_THROWS(std::invalid_argument, rank_stacks({{"ok", views(other)}, {"", odd}}), "stack 1: ");
  stack[3].at(1, 1) = std::numeric_limits<double>::infinity();
  Method strict = method_named("evidence");
  strict.options.accept_invalid = false;
  for (const std::ptrdiff_t reference : {0, 1, 4}) {
    CHECK_THROWS(std::invalid_argument,
                 rank_stacks({{"a", views(stack)}}, strict, Pairing::reference, reference),
                 "stack 'a': image 3 must have valid pixels only, but 1 ");
  }
  CHECK_THROWS(std::invalid_argument, rank_stacks({{"a", views(stack)}}, strict, Pairing::previous),
               "image 3 must have valid");
  StackScorer stacked(stack[0].view(), strict);
  stacked.add({stack[1].view()});
  CHECK_THROWS(std::invalid_argument, stacked.add({stack[2].view(), stack[3].view()}),
               "image 3 must have valid");
  CHECK(stacked.result().images.size() == 1);
  Method blind = method_named("evidence");
  blind.options.confirm = false;
  CHECK_THROWS(std::invalid_argument, StackScorer(stack[0].view(), blind),
               "needs a second opinion");
}

void progress_and_stopping() {
  const std::vector<Image> stack = moving(0.3, 9, 40);
  const std::vector<Stack> stacks{{"a", views(stack)}, {"b", views(stack)}};
  std::vector<std::pair<std::size_t, std::size_t>> told;
  RunOptions run = on(2);
  run.progress = [&](std::size_t done, std::size_t total) { told.emplace_back(done, total); };
  rank_stacks(stacks, method_named("evidence"), Pairing::reference, 11, run);
  CHECK(!told.empty() && told.back() == std::make_pair(std::size_t{78}, std::size_t{78}));
  CHECK(std::is_sorted(told.begin(), told.end()));
  CHECK(std::find(told.begin(), told.end(), std::make_pair(std::size_t{39}, std::size_t{78})) !=
        told.end());
  run.progress = [](std::size_t, std::size_t) { throw std::runtime_error("enough"); };
  CHECK_THROWS(std::runtime_error,
               rank_stacks(stacks, method_named("evidence"), Pairing::reference, 0, run), "enough");
}

}  // namespace

int main() {
  return check::run({{"methods by name", methods_by_name},
                     {"one stack", one_stack},
                     {"hopeless stacks", hopeless_stacks},
                     {"blocks", blocks},
                     {"the last image is copied as it is", the_last_image_is_copied_as_it_is},
                     {"several stacks", several_stacks},
                     {"images without evidence", images_without_evidence},
                     {"reference image", reference_image},
                     {"errors name the stack and the image", errors_name_the_stack_and_the_image},
                     {"progress and stopping", progress_and_stopping}});
}
