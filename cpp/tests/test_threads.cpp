// SPDX-License-Identifier: MIT
// Threads change nothing but the time it takes.
#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
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

void bitwise_equal() {
  for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{33, 47}, {64, 64}}) {
    const std::vector<Image> stack = drifting(17, height, width);
    const auto views = images::views(stack);
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      Options options;
      options.precision = precision;
      const Scorer scorer(stack[0].view(), options);
      const auto expected = scorer.score(views, on(1));
      const auto expected_pairs = scorer.score_consecutive(views, on(1));
      for (int threads = 1; threads <= 8; ++threads) {
        CHECK(same(scorer.score(views, on(threads)), expected));
        CHECK(same(scorer.score_consecutive(views, on(threads)), expected_pairs));
      }
      CHECK(same(scorer.score(views), expected));              // default_threads()
      CHECK(same(scorer.score(views, on(100000)), expected));  // more than there are images
      CHECK(same(scorer.score(views, on(-3)), expected));
      // Block by block.
      std::vector<PairScore> blocks;
      for (std::size_t start = 0; start < views.size(); start += 5) {
        const auto stop = std::min(start + 5, views.size());
        const auto block = scorer.score({views.begin() + static_cast<std::ptrdiff_t>(start),
                                         views.begin() + static_cast<std::ptrdiff_t>(stop)},
                                        on(3));
        blocks.insert(blocks.end(), block.begin(), block.end());
      }
      CHECK(same(blocks, expected));
    }
  }
}

void many_threads_share_a_scorer() {
  const std::vector<Image> stack = drifting(6, 40, 36);
  const auto views = images::views(stack);
  const Scorer scorer(stack[0].view());
  const auto expected = scorer.score(views, on(1));
  const auto expected_pairs = scorer.score_consecutive(views, on(1));
  const auto expected_r = scorer.correlogram(views[2]);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int again = 0; again < 5; ++again) {
        if (!same(scorer.score(views, on(1 + caller % 3)), expected)) ++wrong;
        if (!same(scorer.score_consecutive(views, on(1 + caller % 2)), expected_pairs)) ++wrong;
        if (scorer.correlogram(views[2]) != expected_r) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
}

void threads_with_scorers_of_their_own() {
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&wrong, caller] {
      const std::vector<Image> stack = drifting(5, 20 + caller, 30 - caller);
      const auto views = images::views(stack);
      const Scorer scorer(stack[0].view());
      if (!same(scorer.score(views, on(2)), scorer.score(views, on(1)))) ++wrong;
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
}

void many_small_images() {
  const std::vector<Image> stack = drifting(8, 8, 8);
  std::vector<ImageView> views;
  for (std::size_t i = 0; i < 20000; ++i) views.push_back(stack[i % 8].view());
  const Scorer scorer(stack[0].view());
  const auto scores = scorer.score(views, on(4));
  const auto expected = scorer.score(images::views(stack), on(1));
  bool all = scores.size() == views.size();
  for (std::size_t i = 0; all && i < scores.size(); ++i) {
    all = std::memcmp(&scores[i], &expected[i % 8], sizeof(PairScore)) == 0;
  }
  CHECK(all);
}

void one_pixel_images() {
  const Image one = images::constant(1, 1, 5);
  const Scorer scorer(one.view());
  const auto scores = scorer.score(std::vector<ImageView>(1000, one.view()), on(8));
  CHECK(scores.size() == 1000);
  CHECK(scores[999].peak == 0 && scores[999].flags == no_contrast);
}

}  // namespace

int main() {
  return check::run({{"bitwise equal", bitwise_equal},
                     {"many threads share a scorer", many_threads_share_a_scorer},
                     {"threads with scorers of their own", threads_with_scorers_of_their_own},
                     {"many small images", many_small_images},
                     {"one pixel images", one_pixel_images}});
}
