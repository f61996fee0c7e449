// SPDX-License-Identifier: MIT
#include <cmath>
#include <functional>
#include <vector>

#include "check.hpp"
#include "images.hpp"
#include "static_pattern/kind_of_static.hpp"

namespace {

using ndreg_preeval::detail::kind_of_static;
using ndreg_preeval::detail::KindOfStatic;

// From coordinates that go from -1 to 1.
using Scene = std::function<double(double y, double x)>;

struct Size {
  std::size_t height;
  std::size_t width;
};

const std::vector<Size> sizes{{16, 16}, {64, 64}, {128, 96}, {33, 200}, {257, 130}};

KindOfStatic kind(const Size& size, const Scene& scene, double noise = 0.02, double gain = 1,
                  double offset = 0) {
  images::Random random(7);
  std::vector<double> mean;
  for (std::size_t row = 0; row < size.height; ++row) {
    for (std::size_t column = 0; column < size.width; ++column) {
      const double y = 2 * (static_cast<double>(row) + 0.5) / static_cast<double>(size.height) - 1;
      const double x =
          2 * (static_cast<double>(column) + 0.5) / static_cast<double>(size.width) - 1;
      mean.push_back(gain * (scene(y, x) + 3 * noise * (random.number() - 0.5)) + offset);
    }
  }
  return kind_of_static(mean.data(), size.height, size.width);
}

// What is left of a scene that moved.
double blurred(double y, double x) { return 0.05 * std::sin(5 * x + 2 * y) * std::cos(4 * y); }

double round(double y, double x) { return std::hypot(y, x) < 0.7 ? 1 + blurred(y, x) : 0; }

double frame(double y, double x) {
  return std::abs(y - 0.1) < 0.8 && std::abs(x) < 0.75 ? 1 + blurred(y, x) : 0.2;
}

double hill(double y, double x) {
  return std::exp(-((y + 0.4) * (y + 0.4) + (x - 0.6) * (x - 0.6)) / 0.8) + blurred(y, x);
}

double ramp(double y, double x) { return 0.5 * y - 0.2 * x + blurred(y, x); }

void areas_with_a_sharp_border_are_apertures() {
  for (const Size& size : sizes) {
    CHECK(kind(size, round) == KindOfStatic::aperture);
    CHECK(kind(size, frame) == KindOfStatic::aperture);
    // One that is dark in front of a bright middle.
    CHECK(kind(size, [](double y, double x) { return 1 - round(y, x); }) == KindOfStatic::aperture);
  }
}

void what_changes_slowly_is_background() {
  for (const Size& size : sizes) {
    CHECK(kind(size, hill) == KindOfStatic::background);
    CHECK(kind(size, ramp) == KindOfStatic::background);
  }
}

void anything_else_is_other() {
  const auto columns = [](double /*y*/, double x) { return std::sin(60 * x) + std::sin(47 * x); };
  for (const Size& size : sizes) {
    CHECK(kind(size, [](double, double) { return 3.0; }, 0) == KindOfStatic::other);
    CHECK(kind(size, [](double, double) { return 0.0; }) == KindOfStatic::other);
  }
  CHECK(kind({128, 128}, columns) == KindOfStatic::other);
  CHECK(kind({15, 64}, round) == KindOfStatic::other);
  CHECK(kind({64, 15}, hill) == KindOfStatic::other);
}

void brightness_and_contrast_change_nothing() {
  for (const double gain : {1e-6, 2.0, -1.0, 1e9}) {
    for (const double offset : {0.0, 100.0}) {
      CHECK(kind({64, 80}, round, 0.02, gain, gain * offset) == KindOfStatic::aperture);
      CHECK(kind({64, 80}, hill, 0.02, gain, gain * offset) == KindOfStatic::background);
    }
  }
}

}  // namespace

int main() {
  return check::run({
      {"areas with a sharp border are apertures", areas_with_a_sharp_border_are_apertures},
      {"what changes slowly is background", what_changes_slowly_is_background},
      {"anything else is other", anything_else_is_other},
      {"brightness and contrast change nothing", brightness_and_contrast_change_nothing},
  });
}
