// SPDX-License-Identifier: MIT
#include "correlation/probability.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace ndreg_preeval::detail {
namespace {

// An image whose peak is confirmed 1.5 times over is as likely as not to be right (a fit to images
// with known shifts).
constexpr double even_chance = 1.5;
constexpr double largest_confirmation = 1e3;

// Values of correlograms up to this are rounding errors.
constexpr double least_value = 1e-6;
constexpr double largest_logarithm = 12;

// Of two coefficients of correlation, in units of their noise.
constexpr double least_gap = 0.01;

// A peak with less of both is no reason to look at the pixels again; peaks of noise have less.
constexpr double least_credible = 0.1;
constexpr double most_by_chance = 0.01;

// Log odds from which more evidence counts less and less.
constexpr double saturates_from = 4;

// Log odds of an image are a sum of these logarithms, each so many times.
struct ByEvidence {
  double constant;
  double moved;    // the peak over every rival that moved
  double second;   // and over every rival
  double breadth;  // in the second opinion
  double noise;    // the peak over the noise
};
struct ByCoefficients {
  double constant;
  double moved;
  double gap;  // between the two highest coefficients
};

// They depend on where the peak lies: the edges of images leave peaks at zero shift and along the
// two axes through it, and what stays with the detector leaves some near it.
template <class Terms>
struct ByPlace {
  Terms at_zero;
  Terms near_zero;
  Terms on_axis;
  Terms elsewhere;

  const Terms& of(const PairScore& score) const noexcept {
    const auto dy = std::abs(std::int64_t{score.peak_dy});
    const auto dx = std::abs(std::int64_t{score.peak_dx});
    if (dy == 0 && dx == 0) return at_zero;
    if (std::max(dy, dx) <= 2) return near_zero;
    return std::min(dy, dx) == 0 ? on_axis : elsewhere;
  }
};

constexpr ByPlace<ByEvidence> by_evidence{{-2.82, 2.41, 1.62, 1.62, 0.10},
                                          {-1.71, 0.95, 2.69, 1.21, -0.24},
                                          {-2.95, 3.36, 1.30, 1.44, -0.31},
                                          {-6.39, 2.66, 1.64, 3.86, 1.91}};
constexpr ByPlace<ByCoefficients> by_coefficients{
    {-0.85, 0.26, 0.63}, {-0.38, 1.11, 0.71}, {-1.45, 2.25, 0.70}, {-1.12, 2.08, 1.16}};

// Log odds that it adds to know that the sample rests.
constexpr double rest_is_known = 3;

// Logarithm of a ratio that may be 0 / 0.
double log_ratio(double numerator, double denominator) noexcept {
  const double ratio = (numerator + least_value) / (denominator + least_value);
  return std::clamp(std::log(ratio), -largest_logarithm, largest_logarithm);
}

double log_moved(const PairScore& score) noexcept {
  const double moved = score.opinion_moved > 0 ? score.opinion_moved : score.opinion_second;
  return log_ratio(score.opinion, moved);
}

// Errors of such logarithms, from those of both numbers.
double error_of_log(double number, double error) noexcept { return error / (number + least_value); }
double error_of_log_opinion(double value, const Certainty& certainty) noexcept {
  return error_of_log(value, certainty.opinion(value));
}

double error_of_log_moved(const PairScore& score, const Certainty& certainty) noexcept {
  const double moved = score.opinion_moved > 0 ? score.opinion_moved : score.opinion_second;
  return error_of_log_opinion(score.opinion, certainty) + error_of_log_opinion(moved, certainty);
}

double log_odds_from_evidence(const PairScore& score, const ByEvidence& terms) noexcept {
  const double over_noise = log_ratio(score.peak, score.rms);
  const double breadth = log_ratio(score.opinion, score.opinion_rms) - over_noise;
  return terms.constant + terms.moved * log_moved(score) +
         terms.second * log_ratio(score.opinion, score.opinion_second) + terms.breadth * breadth +
         terms.noise * over_noise;
}

bool at_zero_shift(const PairScore& score) noexcept {
  return score.peak_dy == 0 && score.peak_dx == 0;
}

double probability_from_log_odds(double log_odds) noexcept {
  // Nothing is certain, and better images still have to be told from good ones.
  if (log_odds > saturates_from) log_odds = saturates_from + std::log1p(log_odds - saturates_from);
  return 1 / (1 + std::exp(-log_odds));
}

double evidence_at_rest(const PairScore& score) noexcept {
  return probability_from_log_odds(log_odds_from_evidence(score, by_evidence.at_zero) +
                                   rest_is_known);
}

double plain_at_rest(double probability) noexcept {
  const double odds = std::exp(rest_is_known);
  return odds * probability / (1 + (odds - 1) * probability);
}

// What an error of log odds does to a probability.
double error_of_probability(double probability, double error_of_log_odds) noexcept {
  return probability * (1 - probability) * std::expm1(std::min(error_of_log_odds, 50.0));
}

}  // namespace

bool is_credible(const PairScore& score) noexcept {
  return score.probability_masked >= least_credible && score.p_value <= most_by_chance;
}

void decided_credible(const PairScore& score, Certainty& certainty) noexcept {
  certainty.decided_by(score.probability - least_credible, Certainty::most_of_probability);
  if (!(score.rms > 0)) return;
  // The logarithm of erfc(x / sqrt(2)) changes by about x dx; no image has a million million
  // pixels.
  constexpr double highest_by_chance = 10;
  const double error = certainty.aligner(highest_by_chance * score.rms) / score.rms;
  certainty.decided_by(score.p_value - most_by_chance,
                       2 * most_by_chance * highest_by_chance * error);
}

double probability_from_ratio(const PairScore& score) noexcept {
  const double q = std::min(score.confirmation, largest_confirmation);
  return q * q / (q * q + even_chance * even_chance);
}

double probability_from_evidence(const PairScore& score) noexcept {
  // Without a rival (tiny images, small max_shift) nothing can be said.
  if (score.opinion <= 0 || score.opinion_second <= 0) return 0;
  double log_odds = log_odds_from_evidence(score, by_evidence.of(score));
  // What the detector leaves in the images lies at exactly zero shift, and agrees too well.
  if (at_zero_shift(score)) {
    const double peak = std::min(score.peak, 1.0);
    log_odds += 0.91 - 1.43 * log_moved(score) - 5.50 * peak + 0.58 * std::log(1.02 - peak);
  }
  return probability_from_log_odds(log_odds);
}

double probability_of_plain(const PairScore& score, double pixels) noexcept {
  if (score.opinion <= 0 || score.opinion_second <= 0) return 0;
  const ByCoefficients& terms = by_coefficients.of(score);
  // Coefficients of unrelated noise are 1 / sqrt(pixels) in size.
  const double gap = std::max(0.0, score.peak - score.second_peak) * std::sqrt(pixels);
  return probability_from_log_odds(terms.constant + terms.moved * log_moved(score) +
                                   terms.gap * std::log(gap + least_gap));
}

double probability_at_rest(const PairScore& score, const Options& options) noexcept {
  const double without = score.probability_masked;
  if (options.judgement != Judgement::evidence) return without;
  if (score.opinion <= 0 || score.opinion_second <= 0) return without;
  if (options.normalization != Normalization::phase) return plain_at_rest(without);
  return std::max(without, evidence_at_rest(score));
}

double error_of_evidence(const PairScore& score, const Certainty& certainty) noexcept {
  if (score.opinion <= 0 || score.opinion_second <= 0) return 0;
  const ByEvidence& terms = by_evidence.of(score);
  const double aligner = certainty.aligner(score.peak);
  const double over_moved = error_of_log_moved(score, certainty);
  const double over_noise = error_of_log(score.peak, aligner);
  const double opinion = error_of_log_opinion(score.opinion, certainty);
  const double second = error_of_log_opinion(score.opinion_second, certainty);
  const double error = terms.moved * over_moved + terms.second * (opinion + second) +
                       terms.breadth * (opinion + over_noise) + std::abs(terms.noise) * over_noise;
  if (!at_zero_shift(score)) return error_of_probability(score.probability, error);
  const double peak = std::min(score.peak, 1.0);
  const double more = 1.43 * over_moved + (5.50 + 0.58 / (1.02 - peak)) * aligner;
  // The other images may tell that it rests.
  return std::max(error_of_probability(score.probability, error + more),
                  error_of_probability(evidence_at_rest(score), error));
}

double error_of_plain(const PairScore& score, double pixels, const Certainty& certainty) noexcept {
  if (score.opinion <= 0 || score.opinion_second <= 0) return 0;
  const ByCoefficients& terms = by_coefficients.of(score);
  const double unit = std::sqrt(pixels);
  const double gap = std::max(0.0, score.peak - score.second_peak) * unit;
  const double aligner = certainty.aligner(score.peak) + certainty.aligner(score.second_peak);
  const double error = terms.moved * error_of_log_moved(score, certainty) +
                       terms.gap * aligner * unit / (gap + least_gap);
  const double as_it_is = error_of_probability(score.probability, error);
  if (!at_zero_shift(score)) return as_it_is;
  return std::max(as_it_is, error_of_probability(plain_at_rest(score.probability), error));
}

double error_of_ratio(const PairScore& score, const Certainty& certainty) noexcept {
  if (score.opinion <= 0 || score.opinion_second <= 0) return 0;
  const double error = certainty.opinion(score.opinion) / score.opinion +
                       certainty.opinion(score.opinion_second) / score.opinion_second;
  return error_of_probability(score.probability, 2 * error);
}

double probability_with_outliers(const PairScore& rest, const PairScore& found, std::size_t height,
                                 std::size_t width) noexcept {
  const auto apart = [](std::int32_t a, std::int32_t b, std::size_t length) {
    const std::int64_t distance = std::abs(std::int64_t{a} - b);
    return std::min(distance, static_cast<std::int64_t>(length) - distance);
  };
  const bool follows_scene = found.peak > 0 && apart(rest.peak_dy, found.peak_dy, height) <= 1 &&
                             apart(rest.peak_dx, found.peak_dx, width) <= 1;
  return follows_scene ? rest.probability : outliers_are_masked * rest.probability;
}

}  // namespace ndreg_preeval::detail
