// SPDX-License-Identifier: MIT
// Whether a sample rests, or moves behind something that stays: what is told, and what is not.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/cancellation.hpp"
#include "check.hpp"
#include "images.hpp"
#include "moving_stacks.hpp"
#include "runs.hpp"
#include "static_pattern/what_stays.hpp"

namespace {

using images::Image;
using images::views;
using moving_stacks::scene;
using moving_stacks::Stack;
using runs::on;
using namespace ndreg_preeval;

std::vector<detail::Pair> with_first(std::size_t count) {
  std::vector<detail::Pair> pairs;
  for (std::size_t i = 1; i < count; ++i) pairs.push_back({0, i});
  return pairs;
}

StaticVerdict verdict(const std::vector<ImageView>& stack, const RunOptions& run = {}) {
  return find_static_pattern(stack, with_first(stack.size()), run).verdict;
}
StaticVerdict verdict(const std::vector<Image>& stack) { return verdict(views(stack)); }

detail::WhatStays numbers(const std::vector<Image>& stack, std::size_t threads = 1) {
  const RunOptions run;
  detail::Cancellation cancellation(run);
  const detail::Planes planes = detail::planes_of(views(stack), threads, cancellation);
  return detail::look_at_what_stays(planes, with_first(stack.size()), threads, cancellation);
}

// In tiles without planes: nothing of a ramp is seen, and one disc is seen in few of them.
void where_something_is_seen() {
  const auto seen_of = [](const Image& image) {
    std::vector<Image> stack;
    for (std::uint32_t i = 0; i < 4; ++i) {
      stack.push_back(images::sum(image, images::noise(120, 120, 70 + i), 0.5));
    }
    const RunOptions run;
    detail::Cancellation cancellation(run);
    return detail::common_scene(detail::planes_of(views(stack), 1, cancellation), cancellation);
  };
  const detail::CommonScene everywhere = seen_of(scene(120, 120, 9));
  CHECK(everywhere.seen > 0.9);
  CHECK(everywhere.spread > 0.5);
  CHECK(everywhere.is_one());
  Image ramp = images::constant(120, 120, 0);
  Image disc = ramp;
  for (std::size_t y = 0; y < 120; ++y) {
    for (std::size_t x = 0; x < 120; ++x) {
      ramp.at(y, x) = static_cast<double>(y + 2 * x);
      const double radius = std::hypot(static_cast<double>(y) - 60, static_cast<double>(x) - 55);
      disc.at(y, x) = radius < 40 ? 1 : 0;
    }
  }
  CHECK(seen_of(ramp).seen < 0.3);
  CHECK(!seen_of(ramp).is_one());
  CHECK(seen_of(images::sum(disc, disc, 20)).spread < 0.1);
  CHECK(!seen_of(images::sum(disc, disc, 20)).is_one());
  const Image gain = images::noise(120, 120, 2);
  CHECK(seen_of(images::sum(gain, gain, 5)).seen > 0.9);
  CHECK(!seen_of(images::sum(gain, gain, 5)).is_one());
}

// Noise has a colour by chance, in one stack of thirty: then nothing is told of rest.
void rest_and_motion() {
  int resting = 0;
  for (const std::size_t count : {3U, 4U, 7U, 16U}) {
    for (const std::uint32_t seed : {1U, 2U, 3U, 4U}) {
      Stack stack;
      stack.count = count;
      stack.seed = seed;
      const StaticVerdict rests = verdict(stack.images());
      CHECK(rests != StaticVerdict::hides_motion);
      resting += rests == StaticVerdict::at_rest ? 1 : 0;
      stack.moves = true;
      stack.stays = 5;
      CHECK(verdict(stack.images()) == StaticVerdict::hides_motion);
    }
  }
  CHECK(resting >= 15);
}

// Where the numbers do not tell, nothing changes.
void what_is_not_told() {
  Stack stack;
  CHECK(verdict(Stack{96, 90, 2}.images()) == StaticVerdict::unknown);
  CHECK(verdict(Stack{15, 90, 6}.images()) == StaticVerdict::unknown);
  CHECK(verdict(std::vector<Image>(5, images::constant(64, 64, 3))) == StaticVerdict::unknown);
  std::vector<Image> noise;
  for (std::uint32_t i = 0; i < 5; ++i) noise.push_back(images::noise(64, 64, i));
  CHECK(verdict(noise) == StaticVerdict::unknown);
  const std::vector<Image> rests = stack.images();
  CHECK(find_static_pattern(views(rests), {}).verdict == StaticVerdict::unknown);
  // Noise with a colour, new in each image: it is no motion.
  stack.noise = 0;
  std::vector<Image> coloured = stack.images();
  for (std::uint32_t i = 0; i < coloured.size(); ++i) {
    coloured[i] = images::sum(coloured[i], scene(96, 90, 9000 + 100 * i), 0.3);
  }
  CHECK(verdict(coloured) == StaticVerdict::unknown);
}

void brightness_and_bad_images() {
  std::vector<Image> rests = Stack{}.images();
  for (std::size_t i = 0; i < rests.size(); ++i) {
    const double gain = i % 2 == 0 ? 0.4 : 1.9;
    for (double& pixel : rests[i].pixels) pixel = gain * pixel + 13 * static_cast<double>(i);
  }
  CHECK(verdict(rests) == StaticVerdict::at_rest);
  Stack more;
  more.count = 9;
  std::vector<Image> with_bad_one = more.images();
  with_bad_one[4] = images::noise(96, 90, 77);
  CHECK(verdict(with_bad_one) == StaticVerdict::at_rest);
  // The same image again and again: nothing is left, and that is no motion.
  const std::vector<Image> copies(5, rests[0]);
  CHECK(verdict(copies) == StaticVerdict::unknown);
  const detail::WhatStays found = numbers(copies);
  CHECK(!found.is_structured());
}

void sizes_of_pixels_do_not_matter() {
  for (const bool moves : {false, true}) {
    Stack stack;
    stack.moves = moves;
    stack.stays = moves ? 5 : 0;
    const std::vector<Image> images = stack.images();
    const detail::WhatStays wanted = numbers(images);
    for (const double factor : {0x1p-900, 0x1p-30, 0x1p30, 0x1p900}) {
      std::vector<Image> scaled = images;
      for (Image& image : scaled) {
        for (double& pixel : image.pixels) pixel *= factor;
      }
      const detail::WhatStays found = numbers(scaled);
      CHECK(found.colour.low == wanted.colour.low);
      CHECK(found.verdict() == wanted.verdict());
    }
    std::vector<Image> offset = images;
    for (Image& image : offset) {
      for (double& pixel : image.pixels) pixel += 1e6;
    }
    CHECK_NEAR(numbers(offset).colour.middle, wanted.colour.middle, 1e-6);
  }
}

void invalid_pixels() {
  for (const bool moves : {false, true}) {
    Stack stack;
    stack.moves = moves;
    stack.stays = moves ? 5 : 0;
    std::vector<Image> images = stack.images();
    std::vector<unsigned char> mask(96 * 90, 1);
    images::Random random(4);
    for (unsigned char& valid : mask) valid = random.number() < 0.02 ? 0 : 1;
    std::vector<ImageView> masked = views(images);
    for (ImageView& view : masked) {
      view.mask = mask.data();
      view.mask_row_stride = 90;
      view.mask_column_stride = 1;
    }
    const StaticVerdict wanted = moves ? StaticVerdict::hides_motion : StaticVerdict::at_rest;
    CHECK(verdict(masked) == wanted);
    for (Image& image : images) {
      for (std::size_t i = 0; i < mask.size(); ++i) {
        if (mask[i] == 0) image.pixels[i] = std::numeric_limits<double>::quiet_NaN();
      }
    }
    CHECK(verdict(images) == wanted);
  }
}

// Neither threads nor the way that pixels are stored change a bit.
void threads_and_layouts() {
  for (const bool moves : {false, true}) {
    Stack stack;
    stack.moves = moves;
    stack.stays = moves ? 5 : 0;
    std::vector<Image> images = stack.images();
    for (Image& image : images) {
      for (double& pixel : image.pixels) pixel = std::floor(pixel);
    }
    const detail::WhatStays wanted = numbers(images);
    for (const std::size_t threads : {2U, 3U, 7U}) {
      const detail::WhatStays found = numbers(images, threads);
      CHECK(found.colour.lowest == wanted.colour.lowest);
      CHECK(found.colour.low == wanted.colour.low);
      CHECK(found.colour.middle == wanted.colour.middle);
      CHECK(found.scene.coherence == wanted.scene.coherence);
      CHECK(found.agreements.size() == wanted.agreements.size());
      for (std::size_t i = 0; i < found.agreements.size(); ++i) {
        CHECK(found.agreements[i].far == wanted.agreements[i].far);
        CHECK(found.agreements[i].near == wanted.agreements[i].near);
      }
    }
    std::vector<std::vector<std::uint16_t>> integers;
    std::vector<ImageView> upside_down;
    for (const Image& image : images) {
      integers.emplace_back(image.pixels.rbegin(), image.pixels.rend());
    }
    for (const std::vector<std::uint16_t>& pixels : integers) {
      ImageView view = make_view(pixels.data() + pixels.size() - 1, 96, 90);
      view.row_stride = -view.row_stride;
      view.column_stride = -view.column_stride;
      upside_down.push_back(view);
    }
    const RunOptions run;
    detail::Cancellation cancellation(run);
    const detail::Planes planes = detail::planes_of(upside_down, 1, cancellation);
    const detail::Residuals found(planes, 1, cancellation);
    CHECK(found.colour().low == wanted.colour.low);
    CHECK(verdict(upside_down, on(3)) == wanted.verdict());
  }
}

}  // namespace

int main() {
  return check::run({{"where something is seen", where_something_is_seen},
                     {"rest and motion", rest_and_motion},
                     {"what is not told", what_is_not_told},
                     {"brightness and bad images", brightness_and_bad_images},
                     {"sizes of pixels do not matter", sizes_of_pixels_do_not_matter},
                     {"invalid pixels", invalid_pixels},
                     {"threads and layouts", threads_and_layouts}});
}
