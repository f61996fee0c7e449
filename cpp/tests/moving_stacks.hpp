// SPDX-License-Identifier: MIT
// Stacks of a sample that rests or moves, behind something that stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "images.hpp"

namespace moving_stacks {

using images::Image;

// Rough at scales from two pixels on.
inline Image scene(std::size_t height, std::size_t width, std::uint32_t seed) {
  Image image = images::constant(height, width, 0);
  for (std::size_t block = 2; block <= 16; block *= 2) {
    const Image part = images::noise(height, width, seed + static_cast<std::uint32_t>(block));
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        image.at(y, x) += static_cast<double>(block) * part.at(y / block, x / block);
      }
    }
  }
  return image;
}

// A scene that rests or moves, with new noise in each image and something that stays.
struct Stack {
  std::size_t height = 96;
  std::size_t width = 90;
  std::size_t count = 6;
  bool moves = false;
  double noise = 3;
  double stays = 0;  // times a scene that does not move
  std::uint32_t seed = 1;

  std::vector<Image> images() const {
    // Cut out of a larger one: what moves in at a border was not there before.
    const Image large = scene(height + 40, width + 40, seed);
    const Image still = scene(height, width, seed + 500);
    std::vector<Image> stack;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t dy = moves ? 7 * i % 31 : 0;
      const std::size_t dx = moves ? 11 * i % 37 : 0;
      Image image = images::sum(images::constant(height, width, 100), still, stays);
      for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) image.at(y, x) += large.at(y + dy, x + dx);
      }
      const auto number = static_cast<std::uint32_t>(i);
      stack.push_back(
          images::sum(image, images::noise(height, width, 1000 * seed + number), noise));
    }
    return stack;
  }
};

}  // namespace moving_stacks
