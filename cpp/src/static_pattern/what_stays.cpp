// SPDX-License-Identifier: MIT
#include "static_pattern/what_stays.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "static_pattern/kind_of_static.hpp"

namespace ndreg_preeval::detail {
namespace {

// Of fewer images there are none to take the common pattern from.
constexpr std::size_t fewest_images = 3;

// Logarithms of white noise, times the square root of all pixels of all planes, are below these:
// 28 (lowest), 13 (low) and 10 (middle) are their standard deviations.
constexpr double most_lowest = 60;
constexpr double most_low = 30;
constexpr double most_middle = 26;

// In units of rms. Noise alone hardly comes to 7; what a sample leaves that moves by less than a
// pixel comes farther, but beside zero shift only.
constexpr double high = 8;
constexpr double high_beside = 14;
constexpr double far_over_near_beside = 1.6;
constexpr std::int64_t beside = 2;

// Noise may have a colour of its own. It agrees nowhere, where a scene of as many frequencies would
// agree at its shift; of few images, the noise of the others agrees at zero shift.
constexpr std::size_t fewest_of_colour = 6;
constexpr double fewest_frequencies = 150;
constexpr double by_chance = 6.2;
constexpr double by_chance_beside = 5;
constexpr double by_chance_near = 7;

StaticKind kind_of(const Planes& planes) {
  std::vector<double> mean(planes.height * planes.width, 0.0);
  const double share = 1 / static_cast<double>(planes.count());
  for (const Plane& pixels : planes.pixels) {
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += share * pixels[i];
  }
  switch (kind_of_static(mean.data(), planes.height, planes.width)) {
    case KindOfStatic::aperture:
      return StaticKind::aperture;
    case KindOfStatic::background:
      return StaticKind::background;
    case KindOfStatic::other:
      break;
  }
  return StaticKind::other;
}

bool is_beside(const PairAgreement& found) noexcept {
  return std::max(std::abs(found.dy), std::abs(found.dx)) <= beside;
}

}  // namespace

bool WhatStays::is_structured() const noexcept {
  const double size = std::sqrt(pixels * static_cast<double>(images));
  return colour.low * size > most_low || colour.middle * size > most_middle;
}

bool WhatStays::has_moved() const noexcept {
  const auto moved = [this](const PairAgreement& found) {
    const double size = std::abs(found.far);
    if (is_beside(found)) {
      return size >= high_beside && size > far_over_near_beside * found.near;
    }
    // Of three images, the noise of the third one is in both and agrees at zero shift.
    return found.far >= high && (images == 3 || found.far > found.near);
  };
  return std::any_of(agreements.begin(), agreements.end(), moved);
}

bool WhatStays::agrees_nowhere() const noexcept {
  if (images < fewest_of_colour || frequencies < fewest_frequencies) return false;
  return std::all_of(agreements.begin(), agreements.end(), [](const PairAgreement& found) {
    const double most = is_beside(found) ? by_chance_beside : by_chance;
    return std::abs(found.far) < most && found.near < by_chance_near;
  });
}

StaticVerdict WhatStays::verdict() const noexcept {
  if (images < fewest_images) return StaticVerdict::unknown;
  if (is_structured()) {
    if (has_moved()) return StaticVerdict::hides_motion;
    return agrees_nowhere() && scene.is_one() ? StaticVerdict::at_rest : StaticVerdict::unknown;
  }
  const double size = std::sqrt(pixels * static_cast<double>(images));
  const bool only_noise = has_rest && colour.lowest * size <= most_lowest;
  return only_noise && scene.is_one() ? StaticVerdict::at_rest : StaticVerdict::unknown;
}

WhatStays look_at_what_stays(const Planes& planes, const std::vector<Pair>& pairs,
                             std::size_t threads, Cancellation& cancellation) {
  WhatStays found;
  found.images = planes.count();
  found.pixels = static_cast<double>(planes.height * planes.width);
  const Residuals residuals(planes, threads, cancellation);
  found.colour = residuals.colour();
  found.has_rest = residuals.anything();
  // Of either case only what its verdict needs.
  if (found.is_structured()) {
    found.frequencies = residuals.frequencies();
    found.agreements = residuals.agreements(pairs, threads, cancellation);
    if (!found.agrees_nowhere()) return found;
  }
  found.scene = common_scene(planes, cancellation);
  return found;
}

StaticPattern judge_what_stays(const std::vector<ImageView>& images, const std::vector<Pair>& pairs,
                               std::size_t threads, Cancellation& cancellation) {
  StaticPattern pattern;
  if (images.size() < fewest_images || pairs.empty()) return pattern;
  if (std::min(images.front().height, images.front().width) < smallest_axis) return pattern;
  const Planes planes = planes_of(images, threads, cancellation);
  pattern.verdict = look_at_what_stays(planes, pairs, threads, cancellation).verdict();
  if (pattern.verdict == StaticVerdict::hides_motion) {
    pattern.kind = kind_of(planes);
  }
  return pattern;
}

}  // namespace ndreg_preeval::detail
