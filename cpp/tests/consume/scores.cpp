// SPDX-License-Identifier: MIT
// The instruction set in use, those that could be, and every number that depends on them; or why
// there are none. Read by tests/packaging/test_old_nodes.py.
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include <ndreg_preeval/ndreg_preeval.hpp>

namespace {

using namespace ndreg_preeval;

using Image = std::vector<float>;

Image texture(std::size_t height, std::size_t width, unsigned seed) {
  Image image(height * width);
  for (float& pixel : image) {
    seed = seed * 1664525U + 1013904223U;
    pixel = static_cast<float>(seed >> 8U) / 16777216.0F;
  }
  return image;
}

// Moved along each axis, with a quarter of another texture.
Image moved(const Image& image, std::size_t height, std::size_t width, const Image& other) {
  Image result(image.size());
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t to = (y + 2) % height * width + (x + width - 3) % width;
      result[to] = image[y * width + x] + 0.25F * other[to];
    }
  }
  return result;
}

void print_scores(std::size_t height, std::size_t width, Precision precision) {
  const Image first = texture(height, width, 1);
  const Image second = moved(first, height, width, texture(height, width, 2));
  const Image third = texture(height, width, 3);
  std::vector<ImageView> views;
  for (const Image* image : {&first, &second, &third}) {
    views.push_back(make_view(image->data(), height, width));
  }
  Options options;
  options.precision = precision;
  RunOptions run;
  run.num_threads = 2;
  for (const PairScore& score : Scorer(views[0], options).score(views, run)) {
    std::printf("score %s %zu %zu %d %d %u %.17g %.17g %.17g %.17g %.17g\n",
                precision == Precision::single_ ? "single" : "double", height, width,
                static_cast<int>(score.peak_dy), static_cast<int>(score.peak_dx),
                static_cast<unsigned>(score.flags), score.peak, score.mean, score.rms,
                score.opinion, score.probability);
  }
}

}  // namespace

int main() {
  try {
    const BuildInfo info = build_info();
    std::printf("active %s\nusable", info.active_isa.c_str());
    for (const auto& isa : info.usable_isas) std::printf(" %s", isa.c_str());
    std::printf("\n");
    for (const Precision precision : {Precision::single_, Precision::double_}) {
      for (const auto& [height, width] :
           {std::pair<std::size_t, std::size_t>{40, 44}, {64, 64}, {31, 67}, {3, 90}}) {
        print_scores(height, width, precision);
      }
    }
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
