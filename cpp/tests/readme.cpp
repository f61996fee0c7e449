// SPDX-License-Identifier: MIT
// The example of README.md, to the letter (tests/packaging/test_readme.py).
#include <cstdio>
#include <ndreg_preeval/ndreg_preeval.hpp>
#include <vector>

int main() {
  // Two images of 64 x 64 pixels; the second is the first, moved by 3 rows and -2 columns.
  std::vector<float> image(64 * 64), moved(64 * 64);
  for (unsigned i = 0; i < 64 * 64; ++i) image[i] = static_cast<float>(i * 2654435761U >> 8U);
  for (unsigned y = 0; y < 64; ++y)
    for (unsigned x = 0; x < 64; ++x) moved[(y + 3) % 64 * 64 + (x + 62) % 64] = image[y * 64 + x];
  const ndreg_preeval::Scorer scorer(ndreg_preeval::make_view(image.data(), 64, 64));
  const auto score = scorer.score({ndreg_preeval::make_view(moved.data(), 64, 64)})[0];
  std::printf("shift %.0f %.0f, P = %.2f\n", score.shift_y, score.shift_x, score.probability);
}
