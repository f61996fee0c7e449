// SPDX-License-Identifier: MIT
// Peaks at zero shift: a sample at rest is told from a pattern that stays, and the same images tell
// it however they come.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "moving_stacks.hpp"
#include "runs.hpp"

namespace {

using images::Image;
using images::views;
using runs::on;
using runs::same;
using namespace ndreg_preeval;

constexpr std::size_t height = 64;
constexpr std::size_t width = 72;

// Of a scene that rests or moves, seen through something that stays, with new noise in each.
std::vector<Image> stack_of(std::size_t count, bool moves, double stays, std::uint32_t seed) {
  const Image sample = moving_stacks::scene(height, width, seed);
  const Image pattern = moving_stacks::scene(height, width, seed + 1000);
  std::vector<Image> stack;
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = static_cast<std::ptrdiff_t>(moves ? i : 0);
    Image image = images::rolled(sample, 3 * step % 13, -5 * step % 17);
    image = images::sum(image, pattern, stays);
    stack.push_back(images::sum(
        image, images::noise(height, width, 50 * seed + 7 * static_cast<std::uint32_t>(i)), 2));
  }
  return stack;
}

StackScore by_blocks(const std::vector<Image>& stack, Pairing pairing, std::size_t block,
                     const RunOptions& run = {}) {
  const std::vector<ImageView> all = views(stack);
  StackScorer scorer(all[0], method_named("evidence"), pairing, run);
  for (std::size_t i = 1; i < all.size(); i += block) {
    const std::size_t end = std::min(i + block, all.size());
    scorer.add({all.begin() + static_cast<std::ptrdiff_t>(i),
                all.begin() + static_cast<std::ptrdiff_t>(end)},
               run);
  }
  return scorer.result();
}

// The same by hand: pairs are scored, those at zero are looked at, and what they tell is applied.
StackScore by_hand(const std::vector<Image>& stack, Pairing pairing) {
  const Method method = method_named("evidence");
  const std::vector<ImageView> all = views(stack);
  const Scorer scorer(all[0], method.options);
  StackScore found;
  found.images = pairing == Pairing::previous ? scorer.score_consecutive(all)
                                              : scorer.score({std::next(all.begin()), all.end()});
  const std::size_t stride = static_pattern_stride(found.images.size(), height, width);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < found.images.size(); ++i) {
    if ((i + 1) % stride == 0 && lies_at_zero_shift(found.images[i])) numbers.push_back(i + 1);
  }
  std::vector<ImageView> needed;
  std::vector<std::size_t> places(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto is = [&](std::size_t number) {
      return number == i || (pairing == Pairing::previous ? number - 1 == i : i == 0);
    };
    if (std::none_of(numbers.begin(), numbers.end(), is)) continue;
    places[i] = needed.size();
    needed.push_back(all[i]);
  }
  std::vector<ComparedPair> pairs;
  for (const std::size_t number : numbers) {
    pairs.push_back({places[pairing == Pairing::previous ? number - 1 : 0], places[number]});
  }
  apply_static_pattern(find_static_pattern(needed, pairs), method.options, found.images);
  return found;
}

bool all_have(const StackScore& stack, std::uint32_t flag) {
  return std::all_of(stack.images.begin(), stack.images.end(),
                     [flag](const PairScore& image) { return (image.flags & flag) != 0; });
}

void rest_is_told_from_a_pattern() {
  for (const std::size_t count : std::vector<std::size_t>{4, 9, 40}) {
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
      const StackScore rests = by_blocks(stack_of(count, false, 0, seed), Pairing::reference, 100);
      CHECK(all_have(rests, at_rest));
      CHECK(rests.trust > 0.9);
      const StackScore hidden = by_blocks(stack_of(count, true, 4, seed), Pairing::reference, 100);
      const bool at_zero =
          std::all_of(hidden.images.begin(), hidden.images.end(), lies_at_zero_shift);
      CHECK(at_zero);
      CHECK(all_have(hidden, hides_motion));
      CHECK(hidden.trust < 0.05);
      const StackScore moves = by_blocks(stack_of(count, true, 0, seed), Pairing::reference, 100);
      CHECK(moves.trust > 0.9);
      for (const PairScore& image : moves.images) {
        if (!lies_at_zero_shift(image)) CHECK((image.flags & (hides_motion | at_rest)) == 0);
      }
    }
  }
}

void two_images_do_not_tell() {
  const StackScore rests = by_blocks(stack_of(2, false, 0, 1), Pairing::reference, 1);
  CHECK((rests.images[0].flags & (hides_motion | at_rest)) == 0);
  const StackScore hidden = by_blocks(stack_of(2, true, 4, 1), Pairing::reference, 1);
  CHECK((hidden.images[0].flags & (hides_motion | at_rest)) == 0);
}

void however_they_come() {
  for (const Pairing pairing : {Pairing::reference, Pairing::previous}) {
    for (const std::size_t count : std::vector<std::size_t>{3, 7, 18, 41}) {
      for (const bool moves : {false, true}) {
        const std::vector<Image> stack = stack_of(count, moves, moves ? 4 : 0, 5);
        const StackScore wanted = by_hand(stack, pairing);
        RunOptions stay;
        stay.images_stay = stay.reference_stays = true;
        for (const RunOptions& run : {RunOptions{}, stay, on(1), on(3)}) {
          for (const std::size_t block : std::vector<std::size_t>{1, 4, 100}) {
            const StackScore found = by_blocks(stack, pairing, block, run);
            CHECK(same(found.images, wanted.images));
            for (std::size_t i = 0; i < found.images.size(); ++i) {
              CHECK(found.values[i] == found.images[i].probability);
            }
          }
        }
      }
    }
  }
}

// What was found after some images is what a stack of so many gives.
void so_far() {
  const std::vector<Image> stack = stack_of(40, true, 4, 7);
  const std::vector<ImageView> all = views(stack);
  StackScorer scorer(all[0]);
  for (std::size_t i = 1; i < all.size(); ++i) {
    scorer.add({all[i]});
    const StackScore found = scorer.result();
    const StackScore whole =
        by_blocks({stack.begin(), stack.begin() + static_cast<std::ptrdiff_t>(i) + 1},
                  Pairing::reference, 100);
    CHECK(same(found.images, whole.images));
    CHECK(found.trust == whole.trust);
    CHECK(same(scorer.result().images, found.images));
  }
}

void which_are_looked_at() {
  CHECK(static_pattern_stride(0, 64, 64) == 1);
  CHECK(static_pattern_stride(16, 64, 64) == 1);
  CHECK(static_pattern_stride(17, 64, 64) == 2);
  CHECK(static_pattern_stride(1000, 64, 64) == 64);
  CHECK(static_pattern_stride(16, 2048, 2048) == 2);
  CHECK(static_pattern_stride(16, 1 << 20, 16) == 1);
  PairScore score;
  CHECK(!lies_at_zero_shift(score));
  score.mean = 1;
  CHECK(lies_at_zero_shift(score));
  score.peak_dx = 1;
  CHECK(!lies_at_zero_shift(score));
}

void wrong_arguments() {
  const std::vector<Image> stack = stack_of(3, false, 0, 1);
  std::vector<ImageView> all = views(stack);
  CHECK_THROWS(std::invalid_argument, find_static_pattern(all, {{0, 3}}), "image 3");
  const Image other = images::constant(8, 8, 1);
  all.push_back(other.view());
  CHECK_THROWS(std::invalid_argument, find_static_pattern(all, {{0, 1}}), "image 3", "8 x 8");
  CHECK(find_static_pattern({}, {}).verdict == StaticVerdict::unknown);
}

}  // namespace

int main() {
  return check::run({{"rest is told from a pattern", rest_is_told_from_a_pattern},
                     {"two images do not tell", two_images_do_not_tell},
                     {"however they come", however_they_come},
                     {"so far", so_far},
                     {"which are looked at", which_are_looked_at},
                     {"wrong arguments", wrong_arguments}});
}
