// SPDX-License-Identifier: MIT
// Drift beyond half of the image: the true shift, against its definition.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "oracle.hpp"

namespace {

using images::Image;
using namespace ndreg_preeval;

// Two images of one scene; (dy, dx) moves the second onto the first.
struct Moved {
  Image first;
  Image second;
};

Image part(const Image& scene, std::size_t height, std::size_t width, int top, int left) {
  Image image = images::constant(height, width, 0);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      image.at(y, x) =
          scene.at(y + static_cast<std::size_t>(top), x + static_cast<std::size_t>(left));
    }
  }
  return image;
}

Moved moved(std::size_t height, std::size_t width, int dy, int dx, std::uint32_t seed = 1) {
  const Image scene = images::noise(3 * height, 3 * width, seed);
  const auto h = static_cast<int>(height);
  const auto w = static_cast<int>(width);
  return {part(scene, height, width, h, w), part(scene, height, width, h + dy, w + dx)};
}

void as_the_oracle_says() {
  struct Case {
    std::size_t height, width;
    int dy, dx;
    bool found;
  };
  const std::vector<Case> cases{{30, 40, 0, -24, true},  {30, 40, 0, 26, true},
                                {40, 30, 24, 2, true},   {31, 37, -18, -20, true},
                                {33, 29, 3, 11, false},  {32, 32, 16, 0, false},
                                {12, 40, 1, 25, true},   {16, 16, 0, 9, true},
                                {30, 40, 10, 12, false}, {24, 24, 2, -3, false}};
  for (const Case& each : cases) {
    Moved pair = moved(each.height, each.width, each.dy, each.dx);
    for (const bool broken : {false, true}) {
      if (broken) {
        pair.first.at(each.height / 2, 1) = std::numeric_limits<double>::quiet_NaN();
        pair.second.at(3, each.width / 2) = std::numeric_limits<double>::infinity();
      }
      for (const bool plain : {false, true}) {
        for (const Precision precision : {Precision::single_, Precision::double_}) {
          Options options;
          options.precision = precision;
          options.normalization = plain ? Normalization::none : Normalization::phase;
          const PairScore got = Scorer(pair.first.view(), options).score({pair.second.view()})[0];
          const PairScore expected = oracle::score(pair.first, pair.second, options);
          CHECK(got.peak_dy == expected.peak_dy && got.peak_dx == expected.peak_dx);
          CHECK((got.flags & (wrapped | split_peak)) == expected.flags);
          CHECK_NEAR(got.probability, expected.probability, 1e-3);
          if (broken || plain) continue;
          CHECK(got.peak_dy == each.dy && got.peak_dx == each.dx);
          CHECK(((got.flags & wrapped) != 0) == each.found);
          CHECK(std::abs(got.shift_y - each.dy) <= 0.5 && std::abs(got.shift_x - each.dx) <= 0.5);
          CHECK(!each.found || got.probability <= 0.02);
        }
      }
    }
  }
}

void limits() {
  const Moved pair = moved(30, 40, 0, -24);
  Options options;
  options.max_shift = 23;
  const auto score = [&] {
    return Scorer(pair.first.view(), options).score({pair.second.view()})[0];
  };
  CHECK(score().peak_dx == 16 && (score().flags & wrapped) == 0);
  options.max_shift = 24;
  CHECK(score().peak_dx == -24 && (score().flags & wrapped) != 0);
  options.confirm = false;
  CHECK(score().peak_dx == 16 && score().flags == 0);
}

void the_reference_may_go() {
  Moved pair = moved(30, 40, 0, -24);
  const Scorer scorer(pair.first.view());
  const PairScore pairwise = scorer.score_consecutive({pair.first.view(), pair.second.view()})[0];
  pair.first = images::constant(30, 40, 5);
  const PairScore score = scorer.score({pair.second.view()})[0];
  CHECK(score.peak_dx == -24 && (score.flags & wrapped) != 0);
  CHECK(std::memcmp(&pairwise, &score, sizeof score) == 0);
}

}  // namespace

int main() {
  return check::run({{"as the oracle says", as_the_oracle_says},
                     {"limits", limits},
                     {"the reference may go", the_reference_may_go}});
}
