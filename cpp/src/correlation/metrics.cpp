// SPDX-License-Identifier: MIT
#include "correlation/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "correlation/probability.hpp"

namespace ndreg_preeval::detail {
namespace {

// Whole-pixel shift of an index of the correlogram: beyond the middle it is negative.
std::int32_t nearest(std::size_t index, std::size_t length) {
  const auto signed_index = static_cast<std::int64_t>(index);
  return static_cast<std::int32_t>(
      index > length / 2 ? signed_index - static_cast<std::int64_t>(length) : signed_index);
}

// Chance that the highest of `places` independent normal numbers is this high.
double p_value(double peak, double rms, double places) {
  if (!(rms > 0) || peak <= 0) return 1;
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

// A place two pixels beside the peak is a peak of its own where it is so high, in units of the
// peak; what lies between is not higher, in units of that place; and lower by so much, in units of
// the root mean square.
constexpr double as_high = 0.7;
constexpr double valley = 0.75;
constexpr double deeper_than_noise = 3;
constexpr std::size_t least_length_to_split = 5;

// Sizes at zero shift, in units of the root mean square, that are hardly by chance.
constexpr double stands_out = 3.5;

// Coefficients of correlation from here on are those of an image with itself.
constexpr double self_correlation = 1 - 1e-5;

}  // namespace

template <class T>
Metrics<T>::Metrics(const Plan<T>& plan, Team<T>& team) : plan_(plan), correlogram_(plan, team) {}

template <class T>
int Metrics<T>::measure(PairScore& score, const Aligned<T>& aligner, const T* opinion,
                        Certainty& certainty, Cancellation& cancellation) {
  return measure_within(plan_.window, score, aligner, opinion, certainty, cancellation);
}

template <class T>
PairScore Metrics<T>::without_limit(const Aligned<T>& aligner, const T* opinion,
                                    Certainty& certainty, Cancellation& cancellation) {
  const bool zero_stands_out = zero_stands_out_;
  if (level_ != 0) add_level(aligner, static_cast<T>(-level_));
  PairScore score;
  measure_within(plan_.everywhere(), score, aligner, opinion, certainty, cancellation);
  zero_stands_out_ = zero_stands_out;
  return score;
}

template <class T>
int Metrics<T>::measure_within(const Window2D& window, PairScore& score, const Aligned<T>& aligner,
                               const T* opinion, Certainty& certainty, Cancellation& cancellation) {
  zero_stands_out_ = false;
  higher_beyond_ = false;
  level_ = 0;
  correlogram_.look_within(window);
  correlogram_.load(aligner.half, cancellation);
  score.mean = correlogram_.mean();
  score.rms = correlogram_.rms();
  // No frequency in common.
  certainty.require(score.rms > 0);
  if (!(score.rms > 0)) return 0;
  const double level = add_mean_level(aligner, cancellation);
  if (plan_.plain()) certainty.highest_is(static_cast<double>(correlogram_.highest_value()));
  const PixelIndex pixel = measure_peak(score, level);
  if (window.places() < plan_.height * plan_.width) {
    const auto by = static_cast<double>(correlogram_.highest_beyond()) -
                    static_cast<double>(correlogram_.highest_value());
    higher_beyond_ = by > 0;
    certainty.decided_by(by, 2 * certainty.aligner(score.peak + by));
  }
  if constexpr (sizeof(T) < sizeof(double)) {
    const double error = certainty.aligner(score.peak);
    certainty.require(correlogram_.stands_alone(pixel, static_cast<T>(2 * error)));
    certainty.decided_by(score.peak, error);
  }
  if (score.peak_dy == 0 && score.peak_dx == 0 &&
      same_content(score, level, aligner.own_peak, certainty)) {
    score.flags |= identical;
    certainty.require(false);  // between stacks of copies rounding decides: as little as can be
  }
  measure_shift(score, pixel);
  zero_stands_out_ = stands_out_at_zero(score, certainty);
  if (plan_.options.confirm && is_split(score, pixel, certainty)) score.flags |= split_peak;
  const double signed_peak =
      static_cast<double>(correlogram_.value(pixel.row, pixel.column)) - level;
  if (plan_.options.confirm) measure_opinion(score, pixel, opinion, certainty, cancellation);
  return signed_peak < 0 ? -1 : 1;
}

// Lines that lie aside of each other, of an image scanned to and fro, make two peaks of one where
// it moved by an odd number of lines. Too near for the second opinion to tell.
template <class T>
bool Metrics<T>::is_split(const PairScore& score, const PixelIndex& pixel, Certainty& certainty) {
  if (plan_.plain()) return false;  // broad: no peak is split
  const std::size_t height = plan_.height;
  const std::size_t width = plan_.width;
  const double error = certainty.aligner(score.peak);
  const double sign = correlogram_.value(pixel.row, pixel.column) < 0 ? -1 : 1;
  double split_by = -score.peak;
  const auto look = [&](std::size_t rows, std::size_t columns) {
    const std::size_t row = (pixel.row + 2 * rows) % height;
    const std::size_t column = (pixel.column + 2 * columns) % width;
    if (row == 0 && column == 0) return;  // what stays with the detector is no part of the peak
    if (!correlogram_.window().rows.contains(row, height)) return;
    if (!correlogram_.window().columns.contains(column, width)) return;
    if (static_cast<double>(correlogram_.highest_in(column)) < as_high * score.peak - 2 * error) {
      return;
    }
    const double beside = sign * static_cast<double>(correlogram_.value(row, column));
    const double between =
        std::max(0.0, sign * static_cast<double>(correlogram_.value(
                                 (pixel.row + rows) % height, (pixel.column + columns) % width)));
    const double by = std::min({beside - as_high * score.peak, valley * beside - between,
                                beside - between - deeper_than_noise * score.rms});
    split_by = std::max(split_by, by);
  };
  if (height >= least_length_to_split) {
    look(1, 0);
    look(height - 1, 0);
  }
  if (width >= least_length_to_split) {
    look(0, 1);
    look(0, width - 1);
  }
  certainty.decided_by(split_by, 2 * error);
  return split_by > 0;
}

template <class T>
bool Metrics<T>::stands_out_at_zero(const PairScore& score, Certainty& certainty) {
  const double error = 2 * certainty.aligner(score.zero_peak);
  // Coefficients are large all around the highest one, or along an edge.
  if (plan_.plain()) {
    certainty.decided_by(score.zero_peak - 0.5 * score.peak, error);
    return score.zero_peak > 0.5 * score.peak;
  }
  certainty.decided_by(score.zero_peak - stands_out * score.rms, error);
  if (!(score.zero_peak > stands_out * score.rms)) return false;
  // The 5 x 5 pixels there: a scene that moved so little is followed itself.
  double highest = 0;
  for (std::size_t x = 0; x < 5; ++x) {
    for (std::size_t y = 0; y < 5; ++y) {
      const std::size_t row = (y + 2 * plan_.height - 2) % plan_.height;
      const std::size_t column = (x + 2 * plan_.width - 2) % plan_.width;
      highest = std::max(highest, std::abs(static_cast<double>(correlogram_.value(row, column))));
    }
  }
  certainty.decided_by(score.zero_peak - 0.9 * highest, error);
  return score.zero_peak >= 0.9 * highest;
}

// Adds what the means do to a plain correlogram, as far as it matters. Returns how much.
template <class T>
double Metrics<T>::add_mean_level(const Aligned<T>& aligner, Cancellation& cancellation) {
  if (!plan_.plain() || !plan_.options.keep_mean) return 0;
  const auto most = static_cast<double>(correlogram_.highest_value());
  const T level = static_cast<T>(std::clamp(aligner.means, -most, most));
  add_level(aligner, level);
  level_ = static_cast<double>(level);
  correlogram_.load(aligner.half, cancellation);
  return level_;
}

template <class T>
void Metrics<T>::add_level(const Aligned<T>& aligner, T level) const noexcept {
  const kernel::ImagePlan<T>& image = plan_.image;
  // Frequency 0 along y, everywhere along x.
  for (std::size_t x = 0; x < image.width; ++x) aligner.half[x * 2 * image.lanes] += level;
}

template <class T>
PixelIndex Metrics<T>::measure_peak(PairScore& score, double level) {
  const double mean_level = std::abs(level);
  score.peak = static_cast<double>(correlogram_.highest_value()) - mean_level;
  const PixelIndex pixel = correlogram_.highest();
  const auto second = static_cast<double>(correlogram_.highest_outside({pixel}));
  score.second_peak = second < 0 ? 0 : second - mean_level;
  score.zero_peak = static_cast<double>(correlogram_.zero()) - mean_level;
  score.p_value =
      p_value(score.peak, score.rms, static_cast<double>(correlogram_.window().places()));
  score.peak_dy = nearest(pixel.row, plan_.height);
  score.peak_dx = nearest(pixel.column, plan_.width);
  return pixel;
}

template <class T>
bool Metrics<T>::same_content(const PairScore& score, double level, double own_peak,
                              Certainty& certainty) {
  // Equal phases everywhere: the peak is as high as that of the reference with itself.
  if (!plan_.plain()) {
    certainty.decided_by(score.peak - 0.999 * own_peak, 2 * certainty.aligner(score.peak));
    return score.peak >= 0.999 * own_peak;
  }
  if (plan_.filters_aligner()) return false;
  const double correlation = std::abs(static_cast<double>(correlogram_.value(0, 0)) - level);
  certainty.decided_by(correlation - self_correlation, 2 * certainty.aligner(correlation));
  return correlation >= self_correlation;
}

template <class T>
void Metrics<T>::measure_shift(PairScore& score, const PixelIndex& pixel) {
  const auto at = [&](std::size_t row, std::size_t column) {
    return static_cast<double>(correlogram_.value(row % plan_.height, column % plan_.width));
  };
  const double peak = at(pixel.row, pixel.column);
  const double sign = peak < 0 ? -1 : 1;
  const auto along = [&](std::size_t length, std::size_t rows, std::size_t columns) {
    if (length < 3) return 0.0;
    const std::size_t up = plan_.height;
    const std::size_t left = plan_.width;
    return parabola_offset(sign * at(pixel.row + up - rows, pixel.column + left - columns),
                           std::abs(peak), sign * at(pixel.row + rows, pixel.column + columns));
  };
  score.shift_y = score.peak_dy + along(plan_.height, 1, 0);
  score.shift_x = score.peak_dx + along(plan_.width, 0, 1);
}

template <class T>
void Metrics<T>::measure_opinion(PairScore& score, const PixelIndex& pixel, const T* opinion,
                                 Certainty& certainty, Cancellation& cancellation) {
  const PixelIndex zero{0, 0};
  correlogram_.load_around(pixel, opinion, cancellation);
  score.opinion = static_cast<double>(correlogram_.highest_around(pixel));
  score.opinion_zero = static_cast<double>(correlogram_.highest_around(zero));
  const auto outside = [this](std::initializer_list<PixelIndex> pixels) {
    return static_cast<double>(std::max(T(0), correlogram_.highest_outside(pixels)));
  };
  score.opinion_second = outside({pixel});
  score.opinion_moved = outside({pixel, zero});
  score.opinion_rms = correlogram_.rms();
  if (score.opinion_second > 0) {
    score.confirmation =
        std::min(score.opinion / score.opinion_second, std::numeric_limits<double>::max());
  }
  // An aligner that finds nothing, or the opposite, finds no shift.
  if (score.peak <= 0) return;
  const auto pixels = static_cast<double>(plan_.height * plan_.width);
  double error = 0;
  if (plan_.options.judgement == Judgement::ratio) {
    score.probability = probability_from_ratio(score);
    error = error_of_ratio(score, certainty);
  } else if (plan_.plain()) {
    score.probability = probability_of_plain(score, pixels);
    error = error_of_plain(score, pixels, certainty);
  } else {
    score.probability = probability_from_evidence(score);
    error = error_of_evidence(score, certainty);
  }
  certainty.require(error <= Certainty::most_of_probability);
  if ((score.flags & split_peak) != 0) score.probability *= split_is_right;
}

template <class T>
std::vector<double> Metrics<T>::correlogram(const Aligned<T>& aligner, Cancellation& cancellation) {
  correlogram_.look_within(plan_.window);
  correlogram_.load(aligner.half, cancellation);
  const double mean_level = std::abs(add_mean_level(aligner, cancellation));
  std::vector<double> values = sizes(cancellation);
  if (mean_level > 0) {
    for (double& value : values) value -= mean_level;
  }
  return values;
}

template <class T>
std::vector<double> Metrics<T>::second_opinion(const T* half, Cancellation& cancellation) {
  correlogram_.load(half, cancellation);
  return sizes(cancellation);
}

template <class T>
std::vector<double> Metrics<T>::sizes(Cancellation& cancellation) {
  std::vector<double> values(plan_.height * plan_.width);
  correlogram_.copy_absolute(values.data(), cancellation);
  return values;
}

template class Metrics<float>;
template class Metrics<double>;

}  // namespace ndreg_preeval::detail
