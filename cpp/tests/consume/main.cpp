// SPDX-License-Identifier: MIT
// Two small stacks of images, the one that aligns better first.
#include <cstdio>
#include <utility>
#include <vector>

#include <ndreg_preeval/ndreg_preeval.hpp>

int main() {
  using namespace ndreg_preeval;
  // A texture that moves by (2, -3) pixels from image to image, and a grain that is new in each.
  const auto grain = [](unsigned seed) { return (seed * 2654435761U >> 8U) % 1000 / 1000.0F; };
  std::vector<std::vector<std::vector<float>>> pixels;
  std::vector<Stack> stacks;
  for (const auto& [name, noise] : {std::pair{"grainy", 5.0F}, std::pair{"clear", 0.5F}}) {
    std::vector<std::vector<float>> stack(4, std::vector<float>(64 * 64));
    for (unsigned n = 0; n < 4; ++n)
      for (unsigned y = 0; y < 64; ++y)
        for (unsigned x = 0; x < 64; ++x)
          stack[n][(y + 2 * n) % 64 * 64 + (x + 61 * n) % 64] =
              grain(64 * y + x) + noise * grain(4096 * (n + 1) + 64 * y + x);
    pixels.push_back(std::move(stack));
    stacks.push_back({name, {}});
    for (const auto& image : pixels.back()) {
      stacks.back().images.push_back(make_view(image.data(), 64, 64));
    }
  }
  const Ranking ranking = rank_stacks(stacks);
  for (const std::size_t place : ranking.order) {
    std::printf("%s %.2f\n", stacks[place].name.c_str(), ranking.stacks[place].score);
  }
}
