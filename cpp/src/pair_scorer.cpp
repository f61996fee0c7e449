// SPDX-License-Identifier: MIT
#include "pair_scorer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ndreg_preeval::detail {
namespace {

// P = q^2 / (q^2 + 1.5^2): an image whose peak is confirmed 1.5 times over is as likely as not to
// be right (a fit to images with known shifts).
constexpr double even_chance = 1.5;
constexpr double largest_confirmation = 1e3;

kernel::Reach reach(std::size_t length, double max_shift) {
  // No shift is longer than floor(length / 2), whichever way.
  const std::size_t half = length / 2;
  if (max_shift >= static_cast<double>(half)) return {length, 0};
  const auto most = static_cast<std::size_t>(max_shift);
  return {most + 1, most};
}

std::size_t size(const kernel::Reach& reach) { return reach.high + reach.low; }

// Whole-pixel shift of an index of the correlogram: beyond the middle it is negative.
std::int32_t wrapped(std::size_t index, std::size_t length) {
  const auto signed_index = static_cast<std::int64_t>(index);
  return static_cast<std::int32_t>(
      index > length / 2 ? signed_index - static_cast<std::int64_t>(length) : signed_index);
}

double probability(double confirmation) {
  const double q = std::min(confirmation, largest_confirmation);
  return q * q / (q * q + even_chance * even_chance);
}

// Chance that the highest of `places` independent normal numbers is this high.
double p_value(double peak, double rms, double places) {
  if (!(rms > 0)) return 1;
  const double beyond = std::erfc(peak / rms * std::sqrt(0.5));
  return std::clamp(-std::expm1(places * std::log1p(-beyond)), 0.0, 1.0);
}

// Vertex of the parabola through the peak and its neighbours along an axis, relative to the peak
// (Tian, Huhns, Comput. Vision Graph. Image Process. 35, 220, 1986).
double parabola_offset(double before, double peak, double after) {
  const double curvature = before - 2 * peak + after;
  if (!(curvature < 0)) return 0;
  return std::clamp(0.5 * (before - after) / curvature, -0.5, 0.5);
}

}  // namespace

template <class T>
Plan<T>::Plan(std::size_t height_, std::size_t width_, const Options& options_)
    : height(height_),
      width(width_),
      options(options_),
      window{reach(height_, options_.max_shift), reach(width_, options_.max_shift)},
      transforms(kernel::make_transforms<T>(height_, width_)) {}

template <class T>
PairScorer<T>::PairScorer(const Plan<T>& plan)
    : plan_(plan),
      spectrum_(plan.transforms->spectrum_size()),
      opinion_(plan.options.confirm ? plan.transforms->spectrum_size() : 0),
      scratch_(plan.transforms->scratch_size()),
      surface_(plan.height, plan.width, *plan.transforms) {}

template <class T>
void PairScorer<T>::prepare(const CentredImage& image, Reference<T>& reference, Stopper& stopper) {
  const auto& transforms = *plan_.transforms;
  reference.invalid_pixels = image.invalid_pixels();
  reference.flags = image.flags();
  reference.has_evidence = image.has_evidence();
  prepare_rest(image, reference, stopper);
  if (!reference.has_evidence) return;
  transforms.forward(image, spectrum_.data(), scratch_.data(), stopper);
  const auto floor = static_cast<T>(image.template rounding_floor<T>());
  const auto whiten = [&](const Filter& filter, AlignedBuffer<T>& unit) {
    if (unit.size() == 0) unit = AlignedBuffer<T>(transforms.spectrum_size());
    return transforms.whiten(spectrum_.data(), floor, filter, unit.data(), scratch_.data(),
                             stopper);
  };
  const double total = whiten(plan_.options.aligner, reference.aligner);
  const auto pixels = static_cast<double>(plan_.height) * static_cast<double>(plan_.width);
  // A window gives the bin of the mean a phase, too, which keep_mean replaces.
  const double mean_bin = std::abs(static_cast<double>(reference.aligner.data()[0]));
  reference.own_peak = (plan_.options.keep_mean ? total - mean_bin + 1 : total) / pixels;
  if (plan_.options.confirm) whiten(plan_.options.opinion, reference.opinion);
}

template <class T>
void PairScorer<T>::prepare_rest(const CentredImage& image, Reference<T>& reference,
                                 Stopper& stopper) {
  reference.dominant.reset();
  if (!plan_.options.ignore_hot_pixel || !image.dominant()) return;
  const CentredImage rest = image.without_dominant(stopper);
  // One pixel in front of nothing is the whole scene.
  if (!rest.has_evidence()) return;
  if (!reference.rest) reference.rest = std::make_unique<Reference<T>>();
  prepare(rest, *reference.rest, stopper);
  reference.dominant = image.dominant();
}

template <class T>
bool PairScorer<T>::correlate(const Reference<T>& reference, const CentredImage& image,
                              Stopper& stopper) {
  if (!reference.has_evidence || !image.has_evidence()) return false;
  const Options& options = plan_.options;
  plan_.transforms->forward(image, spectrum_.data(), scratch_.data(), stopper);
  const kernel::Whitened<T> aligner{
      reference.aligner.data(), {options.aligner, plan_.height, plan_.width}, options.keep_mean};
  const kernel::Whitened<T> opinion{
      reference.opinion.data(), {options.opinion, plan_.height, plan_.width}, false};
  plan_.transforms->correlate(spectrum_.data(), static_cast<T>(image.template rounding_floor<T>()),
                              aligner, options.confirm ? &opinion : nullptr, opinion_.data(),
                              scratch_.data(), stopper);
  return true;
}

template <class T>
PairScore PairScorer<T>::score(const Reference<T>& reference, const CentredImage& image,
                               Stopper& stopper) {
  if (reference.dominant && reference.dominant == image.dominant()) {
    PairScore rest = this->score(*reference.rest, image.without_dominant(stopper), stopper);
    rest.flags |= hot_pixel;
    return rest;
  }
  PairScore score;
  score.invalid_pixels = image.invalid_pixels();
  score.flags = image.flags();
  if (!correlate(reference, image, stopper)) return score;

  surface_.look_at(spectrum_.data(), plan_.window, scratch_.data(), stopper);
  Place place;
  measure_peak(score, place, reference.own_peak);
  if (!(score.peak > 0)) return score;
  measure_shift(score, place);

  if (plan_.options.confirm) {
    surface_.look_at(opinion_.data(), plan_.window, scratch_.data(), stopper);
    const auto here = static_cast<double>(surface_.highest_around(place));
    const auto elsewhere = static_cast<double>(surface_.highest_outside(place));
    score.confirmation =
        elsewhere > 0 ? std::min(here / elsewhere, std::numeric_limits<double>::max()) : 0.0;
    score.probability = probability(score.confirmation);
  }
  return score;
}

template <class T>
void PairScorer<T>::measure_peak(PairScore& score, Place& place, double own_peak) {
  score.peak = static_cast<double>(surface_.highest_value());
  score.mean = surface_.mean();
  score.rms = surface_.rms();
  if (!(score.peak > 0)) return;
  place = surface_.highest();
  score.second_peak = static_cast<double>(surface_.highest_outside(place));
  score.zero_peak = std::abs(static_cast<double>(surface_.value(0, 0)));
  score.p_value = p_value(score.peak, score.rms,
                          static_cast<double>(size(plan_.window.rows)) *
                              static_cast<double>(size(plan_.window.columns)));
  score.peak_dy = wrapped(place.row, plan_.height);
  score.peak_dx = wrapped(place.column, plan_.width);
  // Equal phases everywhere: the peak is as high as that of the reference with itself.
  const bool equal_phases = score.peak >= 0.999 * own_peak;
  if (score.peak_dy == 0 && score.peak_dx == 0 && equal_phases) score.flags |= identical;
}

template <class T>
void PairScorer<T>::measure_shift(PairScore& score, const Place& place) {
  const auto at = [&](std::size_t row, std::size_t column) {
    return static_cast<double>(surface_.value(row % plan_.height, column % plan_.width));
  };
  const double sign = at(place.row, place.column) < 0 ? -1 : 1;
  const auto along = [&](std::size_t length, std::size_t rows, std::size_t columns) {
    if (length < 3) return 0.0;
    const std::size_t up = plan_.height;
    const std::size_t left = plan_.width;
    return parabola_offset(sign * at(place.row + up - rows, place.column + left - columns),
                           score.peak, sign * at(place.row + rows, place.column + columns));
  };
  score.shift_y = score.peak_dy + along(plan_.height, 1, 0);
  score.shift_x = score.peak_dx + along(plan_.width, 0, 1);
}

template <class T>
std::vector<double> PairScorer<T>::correlogram(const Reference<T>& reference,
                                               const CentredImage& image, bool second_opinion,
                                               Stopper& stopper) {
  if (reference.dominant && reference.dominant == image.dominant()) {
    return correlogram(*reference.rest, image.without_dominant(stopper), second_opinion, stopper);
  }
  std::vector<double> values(plan_.height * plan_.width, 0.0);
  if (!correlate(reference, image, stopper)) return values;
  surface_.look_at(second_opinion ? opinion_.data() : spectrum_.data(), plan_.window,
                   scratch_.data(), stopper);
  for (std::size_t column = 0; column < plan_.width; ++column) {
    stopper.check();
    for (std::size_t row = 0; row < plan_.height; ++row) {
      values[row * plan_.width + column] =
          std::abs(static_cast<double>(surface_.value(row, column)));
    }
  }
  return values;
}

template struct Plan<float>;
template struct Plan<double>;
template class PairScorer<float>;
template class PairScorer<double>;

}  // namespace ndreg_preeval::detail
