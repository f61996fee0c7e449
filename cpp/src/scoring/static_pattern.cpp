// SPDX-License-Identifier: MIT
#include <ndreg_preeval/static_pattern.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <ndreg_preeval/threads.hpp>

#include "base/cancellation.hpp"
#include "correlation/probability.hpp"
#include "image/validation.hpp"
#include "static_pattern/what_stays.hpp"

namespace ndreg_preeval {
namespace {

// Images that are looked at again: few of them tell, and each takes memory and time.
constexpr std::size_t most_images = 16;
constexpr std::size_t most_large_images = 8;
constexpr std::size_t large_image = std::size_t{1} << 21;
constexpr std::size_t longest_axis = 2048;

std::uint32_t flags_of(const StaticPattern& pattern) noexcept {
  if (pattern.verdict == StaticVerdict::at_rest) return at_rest;
  if (pattern.kind == StaticKind::aperture) return hides_motion | static_aperture;
  if (pattern.kind == StaticKind::background) return hides_motion | static_background;
  return hides_motion;
}

// Waking threads costs more than it saves where there is little to do.
constexpr std::size_t pixels_per_looker = std::size_t{1} << 16;

std::size_t threads_for(const RunOptions& run, const std::vector<ImageView>& images) {
  const auto possible =
      static_cast<std::size_t>(run.num_threads > 0 ? run.num_threads : default_threads());
  const std::size_t pixels = images.size() * images[0].height * images[0].width;
  return std::clamp<std::size_t>(pixels / pixels_per_looker, 1, std::min(possible, images.size()));
}

}  // namespace

bool lies_at_zero_shift(const PairScore& score) noexcept {
  return has_evidence(score) && score.peak_dy == 0 && score.peak_dx == 0;
}

std::size_t static_pattern_stride(std::size_t compared, std::size_t height,
                                  std::size_t width) noexcept {
  const std::size_t pixels = std::min(height, longest_axis) * std::min(width, longest_axis);
  const std::size_t most = pixels > large_image ? most_large_images : most_images;
  std::size_t stride = 1;
  while (compared / stride > most) stride *= 2;
  return stride;
}

StaticPattern find_static_pattern(const std::vector<ImageView>& images,
                                  const std::vector<ComparedPair>& pairs, const RunOptions& run) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    detail::check_view(images[i], detail::image_name(i));
    detail::check_same_shape(images[i], images[0].height, images[0].width, detail::image_name(i));
  }
  for (const ComparedPair& pair : pairs) {
    for (const std::size_t place : pair) {
      if (place < images.size()) continue;
      throw std::invalid_argument("pairs must be of the " + std::to_string(images.size()) +
                                  " images, not of image " + std::to_string(place));
    }
  }
  if (images.empty()) return {};
  detail::Cancellation cancellation(run);
  return detail::judge_what_stays(images, pairs, threads_for(run, images), cancellation);
}

void apply_static_pattern(const StaticPattern& pattern, const Options& options,
                          std::vector<PairScore>& scores) {
  if (pattern.verdict == StaticVerdict::unknown) return;
  // Where no other place is allowed, a peak at zero shift tells nothing of patterns.
  if (options.max_shift < 1) return;
  for (PairScore& score : scores) {
    if (!lies_at_zero_shift(score)) continue;
    score.flags |= flags_of(pattern);
    if (pattern.verdict == StaticVerdict::hides_motion) {
      score.probability *= detail::pattern_is_masked;
      score.probability_masked *= detail::pattern_is_masked;
      continue;
    }
    const bool follows_outliers = score.probability < score.probability_masked;
    const double rests = detail::probability_at_rest(score, options);
    score.probability_masked = rests;
    score.probability = follows_outliers ? detail::outliers_are_masked * rests : rests;
  }
}

}  // namespace ndreg_preeval
